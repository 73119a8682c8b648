"""`/ops`: what whoever runs this wants to see."""

from fastapi import APIRouter

from api.deps import Admin, AppState
from api.openapi import refusals
from api.ops.schemas import QueueAnswer
from core.errors import Unavailable
from events.queues import QueueWatch, as_fields, with_flow

router = APIRouter(prefix="/ops", tags=["ops"])

BROKER_AWAY = "the broker cannot be reached: try again soon"


@router.get("/queues", summary="All queues", responses=refusals((Unavailable, BROKER_AWAY)))
async def queues(_: Admin, state: AppState) -> list[QueueAnswer]:
    """As they were seen within the last second."""
    seen = state.part(QueueWatch).states
    if seen is None:
        raise Unavailable(BROKER_AWAY, retry_after=2)
    filled = await with_flow(seen, state.redis)
    return [QueueAnswer.model_validate(as_fields(queue, state.clock)) for queue in filled]
