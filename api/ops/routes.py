"""`/ops`: what whoever runs this wants to see, and can mend."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.deps import Admin, AppState
from api.openapi import refusals
from api.ops.schemas import DeadLetter, DeadLetterAction, DeadLetters, OpenDeadLetter, QueueAnswer
from core.errors import NotFound, Unavailable
from events import dead_letters
from events.boxes import Box
from events.dead_letters import BROKER_AWAY, BUSY, NO_SUCH_LETTER, Actor
from events.letters import Letter
from events.queues import QueueWatch, as_fields, with_flow
from events.visit import REQUEST

router = APIRouter(prefix="/ops", tags=["ops"])


async def _visitor(state: AppState) -> dead_letters.DeadLetters:
    return dead_letters.DeadLetters(state.settings.amqp_url.get_secret_value(), state.transaction, REQUEST)


Visitor = Annotated[dead_letters.DeadLetters, Depends(_visitor)]
LetterId = Annotated[
    str, Path(description="As the list shows it", examples=["9f4c7d1e-5a0b-4c3d-8e2f-1a2b3c4d5e6f"])
]
Whose = Annotated[Box, Query(alias="queue", description="Whose dead letters")]
DryRun = Annotated[bool, Query(description="Only say what would happen")]

_AWAY = ((Unavailable, BROKER_AWAY), (Unavailable, BUSY))
_ONE = refusals(*_AWAY, (NotFound, NO_SUCH_LETTER))


@router.get("/queues", summary="All queues", responses=refusals((Unavailable, BROKER_AWAY)))
async def queues(_: Admin, state: AppState) -> list[QueueAnswer]:
    """As they were seen within the last second."""
    seen = state.part(QueueWatch).states
    if seen is None:
        raise Unavailable(BROKER_AWAY, retry_after=2)
    filled = await with_flow(seen, state.redis)
    return [QueueAnswer.model_validate(as_fields(queue, state.clock)) for queue in filled]


@router.get("/dead-letters", summary="Dead letters", responses=refusals(*_AWAY))
async def list_letters(_: Admin, visitor: Visitor, box: Whose = Box.PROGRESS) -> DeadLetters:
    """What could not be applied, in the order in which it was first seen; the oldest 2,000."""
    seen = await visitor.look(box)
    return DeadLetters(total=seen.total, letters=_answers(seen.letters))


@router.get("/dead-letters/{letter_id}", summary="One dead letter", responses=_ONE)
async def show_letter(
    _: Admin, visitor: Visitor, letter_id: LetterId, box: Whose = Box.PROGRESS
) -> OpenDeadLetter:
    """With what is in it."""
    opened = await visitor.open(box, letter_id)
    outside = DeadLetter.model_validate(opened.letter).model_dump()
    return OpenDeadLetter(**outside, contents=opened.events, body=opened.body)


@router.post("/dead-letters/replay", summary="Send all dead letters back", responses=refusals(*_AWAY))
async def replay_all(
    admin: Admin, visitor: Visitor, box: Whose = Box.PROGRESS, dry_run: DryRun = False
) -> DeadLetterAction:
    """To the queue they came from: all that are there now. What was applied meanwhile changes nothing."""
    return _answer(await visitor.replay(box, Actor(admin.user_id), dry_run=dry_run))


@router.post("/dead-letters/{letter_id}/replay", summary="Send a dead letter back", responses=_ONE)
async def replay_letter(
    admin: Admin, visitor: Visitor, letter_id: LetterId, box: Whose = Box.PROGRESS, dry_run: DryRun = False
) -> DeadLetterAction:
    """To the queue it came from. What was applied meanwhile changes nothing."""
    return _answer(await visitor.replay(box, Actor(admin.user_id), letter_id, dry_run=dry_run))


@router.delete("/dead-letters/{letter_id}", summary="Throw a dead letter away", responses=_ONE)
async def drop_letter(
    admin: Admin, visitor: Visitor, letter_id: LetterId, box: Whose = Box.PROGRESS, dry_run: DryRun = False
) -> DeadLetterAction:
    """For good: what remains is who did it, its reason, size and SHA-256."""
    return _answer(await visitor.drop(box, Actor(admin.user_id), letter_id, dry_run=dry_run))


def _answer(done: dead_letters.Done) -> DeadLetterAction:
    return DeadLetterAction(left=done.left, letters=_answers(done.letters))


def _answers(letters: list[Letter]) -> list[DeadLetter]:
    return [DeadLetter.model_validate(letter) for letter in letters]
