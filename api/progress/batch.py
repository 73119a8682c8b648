"""Judging the events of a batch, each by itself. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self
from uuid import UUID

import msgspec
from pydantic import ValidationError

from api.progress.intake import Receipt, choose_event_id, read_events
from api.progress.schemas import MAX_BATCH_EVENTS, PlainEvent, ReportedEvent
from core.errors import BadRequest
from events.schemas import Event

UNKNOWN_VIDEO = "there is no such video: GET /videos/course/{id} lists a course's videos"


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is answered for one event; `schemas.BatchResult` documents it."""

    event_id: UUID | None
    status: Literal["accepted", "rejected"]
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One element of a batch: the events it means, or why it means none."""

    event_id: UUID | None
    events: tuple[Event, ...] = ()
    detail: str | None = None

    def unless_missing(self, videos: Collection[int]) -> Self:
        """Return it rejected if it is about one of these videos."""
        if any(event.video_id in videos for event in self.events):
            return replace(self, events=(), detail=UNKNOWN_VIDEO)
        return self

    def result(self) -> Verdict:
        """Return it as it is answered."""
        return Verdict(self.event_id, "accepted" if self.events else "rejected", self.detail)


def judge(elements: Sequence[Any], receipt: Receipt, new_id: Callable[[], UUID]) -> list[Judged]:
    """Return what each element of a batch means, in order; none spoils another.

    Elements are plain events, or whatever JSON there was.

    Raises:
        BadRequest: there are too many.

    """
    if len(elements) > MAX_BATCH_EVENTS:
        raise BadRequest(f"a batch has at most {MAX_BATCH_EVENTS} events: send several")
    return [_judge(element, receipt, new_id) for element in elements]


def _judge(element: Any, receipt: Receipt, new_id: Callable[[], UUID]) -> Judged:
    try:
        reported = element if isinstance(element, PlainEvent) else ReportedEvent.model_validate(element)
    except ValidationError as error:
        return Judged(event_id=_legible_id(element), detail=_wrong_types(error))
    event_id = choose_event_id(reported.event_id, None, new_id)
    try:
        return Judged(event_id, read_events(reported, event_id, receipt))
    except BadRequest as refusal:
        return Judged(reported.event_id, detail=refusal.detail)


def _legible_id(element: Any) -> UUID | None:
    """Return the id of an element whose types are wrong, so that its sender can tell which one it was."""
    try:
        return UUID(element["event_id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def _wrong_types(error: ValidationError) -> str:
    """Return which fields have the wrong type, and nothing of what they hold."""
    fields = sorted({str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]})
    if not fields:
        return "an event must be a JSON object: see the API's documentation for its fields"
    return f"missing or of the wrong type: {', '.join(fields)}; see the API's documentation"
