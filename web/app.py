"""The pages and the player script, one more service of the gateway."""

from fastapi import APIRouter

from api.factory import Dependency, Service
from web.desk import open_desk
from web.entry import routes as entry
from web.learn import routes as learn
from web.manage import user_routes as users
from web.sdk import routes as sdk

router = APIRouter()
for each in (entry, learn, users, sdk):
    router.include_router(each.router)

SERVICE = Service(
    name="pages",
    router=router,
    needs=frozenset({Dependency.DATABASE}),
    uses=frozenset({Dependency.BROKER, Dependency.REDIS}),
    opens=open_desk,
)
