"""`/attendance/rules`: what a day asks for, by versions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.attendance import rules
from api.attendance.keys import day_key, key_after
from api.attendance.reading import ReaderPart
from api.attendance.reasons import NO_REASON
from api.attendance.rule_queries import all_rules
from api.attendance.rule_schemas import RuleAnswer, RuleOutcome, RuleRequest
from api.content import NO_COURSE
from api.deps import NO_TEXT, Admin, Session
from api.openapi import refusals
from api.paging import LINK_HEADER, MALFORMED_DATE, PageQuery
from core.attendance.flips import Wanted
from core.errors import BadRequest, Conflict, NotFound

router = APIRouter(prefix="/attendance/rules", tags=["attendance"])

WITHIN = timedelta(seconds=2.3)
"""What is not judged by then never gets its answer out in time (`api.middleware.Limits`)."""


@router.get("", summary="Every version of what a day asks for", responses={200: {"headers": LINK_HEADER}})
async def listed(_: Admin, session: Session, page: PageQuery) -> list[RuleAnswer]:
    """By id: the school's and the courses'. Before all of them the settings' least watch time holds."""
    found = await all_rules(session, after=page.after_id(), limit=page.rows)
    return [RuleAnswer.model_validate(rule) for rule in page.cut(found, lambda rule: rule.id)]


@router.post(
    "",
    status_code=201,
    summary="Change what a day asks for, or see whom that would turn",
    responses={
        200: {"description": "What it would change", "model": RuleOutcome, "headers": LINK_HEADER},
        201: {"headers": LINK_HEADER},
        **refusals(
            *((BadRequest, detail) for detail in (NO_TEXT, MALFORMED_DATE, rules.NO_MINIMUM)),
            *(
                (BadRequest, rules.NO_RULE_DAY),
                (BadRequest, NO_REASON),
                (NotFound, NO_COURSE),
                (Conflict, rules.TOO_MANY),
            ),
        ),
    },
)
async def change(
    admin: Admin,
    asked: RuleRequest,
    session: Session,
    reader: ReaderPart,
    page: PageQuery,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only count and list who would turn")] = False,
) -> RuleOutcome:
    """The days from `effective_from` on are judged anew, in one transaction with the rule; corrections stand.

    On a date the version with the latest `effective_from` up to it holds, of several the newest. None is ever
    changed: another one takes its place.
    """
    after = key_after(page)
    wanted = Wanted(page.rows, (after.user_id, after.day))
    stored = None
    async with in_time():
        if dry_run:
            response.status_code = 200
            changes = await rules.preview(session, reader, asked, wanted)
        else:
            stored, changes = await rules.apply(
                session, reader, asked, wanted, by=admin.user_id, most_rows=rules.MOST_ROWS
            )
    listed = page.cut(changes.listed, lambda flip: day_key(flip.user_id, flip.date))
    return RuleOutcome(
        dry_run=dry_run,
        rule=RuleAnswer.model_validate(stored) if stored else None,
        flips=changes.flips,
        total=changes.total,
        corrected=changes.corrected,
        listed=listed,
    )


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Name the command where a rule takes longer than a request may.

    Raises:
        Conflict: it does.

    """
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            yield
    except TimeoutError as error:
        raise Conflict(rules.TOO_MANY) from error
