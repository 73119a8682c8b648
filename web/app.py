"""The pages, one more service of the gateway."""

from fastapi import APIRouter

from api.factory import Dependency, Service
from web.days import routes as days
from web.desk import open_desk
from web.entry import account_routes as account
from web.entry import routes as entry
from web.learn import routes as learn
from web.manage import calendar_routes as calendar
from web.manage import course_routes as courses
from web.manage import import_routes as imports
from web.manage import roster_routes as rosters
from web.manage import rule_routes as rules
from web.manage import user_routes as users
from web.operate import routes as operate
from web.reports import day_routes as report_days
from web.reports import routes as reports
from web.sdk import routes as sdk

router = APIRouter()
MANAGED = (imports, courses, users, rosters, rules, calendar)
for each in (entry, account, sdk, learn, days, *MANAGED, operate, reports, report_days):
    router.include_router(each.router)

router.include_router(entry.rest)

SERVICE = Service(
    name="pages",
    router=router,
    needs=frozenset({Dependency.DATABASE}),
    uses=frozenset({Dependency.BROKER, Dependency.REDIS}),
    opens=open_desk,
)
