"""A user's day explained from the log. Raises `core.errors`; writes nothing."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import correction_queries, explain_queries
from api.attendance.correction_schemas import Change
from api.attendance.explain_queries import Logged
from api.attendance.explain_schemas import ExplainedEvent, ExplainedRule, ExplainedSpan, Explanation
from api.attendance.schemas import AttendanceDay
from api.attendance.service import Reader
from core.attendance.rule_store import policy_rule
from core.policy import Policy
from events.meaning.explanation import Piece, in_words, pieces_of_day, seconds, window
from events.schemas import Event, Pause

MOST_CHANGES = 1_000
"""Corrections of a day that are listed; its history has them all, in pages."""
MOST_EVENTS = 20_000
"""Around a day, in an answer over HTTP: a student who reports every five seconds has 17,280 a day."""


async def explain(
    session: AsyncSession, reader: Reader, user_id: int, day: date, *, most: int | None
) -> Explanation:
    """Return a user's day with all that is behind it; with no events where there are more than `most`.

    The transaction should be `at_one_moment`, so that row and log agree.

    Raises:
        BadRequest: nobody keeps attendance of that day.
        NotFound: there is no such user.

    """
    row, _ = await reader.day(session, user_id, day)
    common = await _common(session, row, reader.policy)
    if common["pruned_before"] is not None and day < common["pruned_before"]:
        return Explanation(**common, log="pruned", agrees=None, spans=[])
    start, end = window(day, reader.policy.zone)
    limit = None if most is None else most + 1
    logged = await explain_queries.log_around(session, user_id, start, end, limit=limit)
    if limit is not None and len(logged.events) == limit:
        return Explanation(**common, log="too_long", agrees=None, spans=[])
    pieces = pieces_of_day(logged.events, day, reader.policy)
    total = sum((piece.counted for piece in pieces), timedelta())
    return Explanation(
        **common,
        log="complete",
        agrees=total // timedelta.resolution == common["total_microseconds"],
        spans=[_span(piece, logged, reader.policy) for piece in pieces],
    )


async def _common(session: AsyncSession, row: AttendanceDay, policy: Policy) -> dict[str, Any]:
    changes = await correction_queries.trail(session, row.user_id, row.date, after=0, limit=MOST_CHANGES)
    rule = await explain_queries.rule(session, row.rule_id) or policy_rule(policy)
    return {
        **row.model_dump(),
        "total_microseconds": round(row.total_seconds * 1_000_000),
        "verdict": _verdict(row),
        "rule": ExplainedRule(
            id=rule.id,
            since=rule.effective_from if rule.id else None,
            minimum_seconds=rule.minimum_seconds,
            minimum_share=None if rule.minimum_share is None else float(rule.minimum_share),
        ),
        "timezone": policy.timezone,
        "overlap": policy.overlap.value,
        "pruned_before": await explain_queries.pruned_before(session),
        "corrections": [Change.model_validate(change) for change in changes],
    }


def _verdict(row: AttendanceDay) -> str:
    watched = seconds(timedelta(seconds=row.total_seconds)) if row.total_seconds else "nothing"
    were = "were" if row.total_seconds else "was"
    said = (
        f"{row.status.capitalize()}: {watched} {were} watched, and the day asked for {row.required_seconds} s"
    )
    if row.corrected and row.status == row.computed_status:
        return f"{said}; an admin confirmed that."
    if row.corrected:
        return f"{said}; an admin corrected {row.computed_status} to {row.status}."
    if row.status != row.computed_status:
        return f"{said}, but nobody expected the student that day."
    return f"{said}."


def _span(piece: Piece, logged: Logged, policy: Policy) -> ExplainedSpan:
    told, span, zone = piece.told, piece.told.span, policy.zone
    claimed = told.claimed
    return ExplainedSpan(
        video_id=span.video_id,
        video_title=logged.titles[span.video_id],
        session_id=span.session_id,
        opened_by=span.opened_by,
        closed_by=span.closed_by,
        start=span.start.astimezone(zone),
        end=span.end.astimezone(zone),
        ending=span.ending.name.lower(),
        explanation=in_words(piece, policy),
        claimed_seconds=None if claimed is None else claimed // timedelta(seconds=1),
        credit_seconds=span.credit.total_seconds(),
        day_seconds=piece.credit.total_seconds(),
        overlap_seconds=piece.overlap.total_seconds(),
        overlaps=list(piece.behind),
        counted_seconds=piece.counted.total_seconds(),
        counted_microseconds=piece.counted // timedelta.resolution,
        events=[_event(event, logged, policy) for event in told.events],
    )


def _event(event: Event, logged: Logged, policy: Policy) -> ExplainedEvent:
    return ExplainedEvent(
        event_id=event.event_id,
        kind=type(event).__name__.lower(),
        at=event.at.astimezone(policy.zone),
        received_at=event.received_at.astimezone(policy.zone),
        claimed_seconds=event.claimed_seconds if isinstance(event, Pause) else None,
        late=event.event_id in logged.late,
    )
