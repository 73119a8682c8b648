"""`/operate`: queues, workers and dead letters, for whoever runs this."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from redis import RedisError
from starlette.responses import JSONResponse, Response

from core.errors import BadRequest
from events.boxes import Box
from events.dead_letters import Actor, DeadLetters
from events.visit import REQUEST
from web.doors import Admin, SentForm, Visit
from web.operate import queries
from web.operate.samples import last_hour
from web.operate.standing import look
from web.pages import HEADERS, go_to, page, page_router

router = page_router("/operate")

SHOWN_LETTERS = 200
SHOWN_ACTIONS = 20
ALL_OR_ONE = "say which letter to drop: only replays take all of them"


class Action(StrEnum):
    """What can be done with dead letters."""

    REPLAY = "replay"
    DROP = "drop"


@router.get("")
async def queues(visit: Admin) -> Response:
    return await _standing(visit, "operate/queues.html")


@router.get("/live")
async def live(visit: Admin) -> Response:
    return await _standing(visit, "operate/live.html")


@router.get("/samples")
async def samples(visit: Admin) -> Response:
    """Return the lines of the last hour; null while Redis is away."""
    try:
        hour = await last_hour(visit.state.redis, visit.state.clock().timestamp())
    except (RedisError, OSError):  # whoever takes samples has logged it
        return JSONResponse(None, headers=HEADERS)
    return JSONResponse(asdict(hour), headers=HEADERS)


@router.get("/dead-letters")
async def dead_letters(
    visit: Admin, box: Annotated[Box, Query(alias="queue")] = Box.PROGRESS, done: str = "", count: int = 0
) -> Response:
    seen = await _letters(visit).look(box)
    async with visit.transaction() as session:
        actions = await queries.done_with_letters(session, box.queue.name, SHOWN_ACTIONS)
    return page(
        visit,
        "operate/dead_letters.html",
        boxes=list(Box),
        box=box,
        letters=seen.letters[:SHOWN_LETTERS],
        total=seen.total,
        actions=actions,
        done=done,
        count=count,
    )


@router.get("/dead-letters/{box}/{letter_id}")
async def dead_letter(visit: Admin, box: Box, letter_id: str) -> Response:
    opened = await _letters(visit).open(box, letter_id)
    return page(visit, "operate/dead_letter.html", box=box, opened=opened, letter=opened.letter)


@router.post("/dead-letters/{box}/{action}")
async def act(visit: Admin, box: Box, action: Action, form: SentForm) -> Response:
    """Say what would happen; do it where the form says that somebody has seen that."""
    letter_id, is_sure = form["letter_id"] or None, bool(form["sure"])
    letters, actor = _letters(visit), Actor(visit.user.id)
    if action is Action.REPLAY:
        result = await letters.replay(box, actor, letter_id, dry_run=not is_sure)
    elif letter_id is not None:
        result = await letters.drop(box, actor, letter_id, dry_run=not is_sure)
    else:
        raise BadRequest(ALL_OR_ONE)
    if is_sure:
        return go_to(visit, f"/operate/dead-letters?queue={box}&done={action}&count={len(result.letters)}")
    return page(
        visit,
        "operate/dead_letter_action.html",
        box=box,
        action=action,
        letter_id=letter_id,
        letters=result.letters,
        shown=SHOWN_LETTERS,
    )


def _letters(visit: Visit) -> DeadLetters:
    return DeadLetters(visit.state.settings.amqp_url.get_secret_value(), visit.state.transaction, REQUEST)


async def _standing(visit: Visit, template: str) -> Response:
    return page(visit, template, now=await look(visit))
