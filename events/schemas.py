"""The events players cause, what the worker answers, and how both look on the wire.

A message is a CloudEvents 1.0 batch in the JSON format. `source` and `id` together identify an event,
which is what makes it unique per `(user_id, event_id)`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID, uuid5

import msgspec

CONTENT_TYPE = "application/cloudevents-batch+json"
REPLY_CONTENT_TYPE = "application/json"
MAX_CLAIM_SECONDS = 43_200
MAX_SESSION_ID_LENGTH = 200
PLAUSIBLE_YEARS = range(2000, 2200)

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """What every event carries. Both instants are aware; `at` is when it happened, corrected and judged."""

    rank: ClassVar[int]
    """Place among events of one instant: a pause is read first, a play last. It is `kind` in the log."""

    event_id: UUID
    user_id: int
    video_id: int
    at: datetime
    received_at: datetime
    session_id: str = ""
    position_seconds: float | None = None
    playback_rate: float | None = None

    @property
    def order(self) -> tuple[datetime, int, UUID]:
        """Key of the order in which events are read."""
        return self.at, self.rank, self.event_id


class Pause(_Event, frozen=True, kw_only=True):
    """The player stopped. `claimed_seconds` is the watch time it asks for, if it says: 0 to 43,200."""

    rank = 0
    claimed_seconds: int | None = None


class Heartbeat(_Event, frozen=True, kw_only=True):
    """The player is still playing."""

    rank = 1


class Play(_Event, frozen=True, kw_only=True):
    """The player started."""

    rank = 2


Event = Play | Pause | Heartbeat


def paired_pause_id(play_id: UUID) -> UUID:
    """Return the id of the pause in a request that is both a play (with `play_id`) and a pause."""
    return uuid5(play_id, "pause")


class EventData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`data` of a CloudEvent."""

    user_id: Id
    video_id: Id
    received_at: datetime
    session_id: Annotated[str, msgspec.Meta(max_length=MAX_SESSION_ID_LENGTH)] = ""
    position_seconds: float | None = None
    playback_rate: float | None = None
    claimed_seconds: Annotated[int, msgspec.Meta(ge=0, le=MAX_CLAIM_SECONDS)] | None = None


EventType = Literal[
    "edutrack.progress.play.v1", "edutrack.progress.pause.v1", "edutrack.progress.heartbeat.v1"
]

_KIND_BY_TYPE: dict[EventType, type[Event]] = {
    "edutrack.progress.play.v1": Play,
    "edutrack.progress.pause.v1": Pause,
    "edutrack.progress.heartbeat.v1": Heartbeat,
}
_TYPE_BY_KIND: dict[type[Event], EventType] = {kind: name for name, kind in _KIND_BY_TYPE.items()}


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One element of a message; attributes are those of CloudEvents 1.0."""

    id: UUID
    source: str
    type: EventType
    time: datetime
    data: EventData
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"


class ProgressRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A progress row as it stood when the event was applied. `watch_time_us` is in whole microseconds."""

    id: int
    user_id: int
    video_id: int
    date: date
    start_time: datetime | None
    first_start_time: datetime | None
    end_time: datetime | None
    watch_time_us: int


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """The worker's answer for one event, sent to the process that waits for it.

    A `duplicate` is answered with the record of the event stored first; a `rejected` one has no record and
    says why in `detail`.
    """

    event_id: UUID
    user_id: int
    outcome: Literal["applied", "duplicate", "rejected"]
    record: ProgressRecord | None = None
    detail: str | None = None


class UndecodableMessage(ValueError):
    """A body that is no batch of events as described here; trying again will not help."""


_encoder = msgspec.json.Encoder()
_batch_decoder = msgspec.json.Decoder(list[CloudEvent])
_reply_decoder = msgspec.json.Decoder(list[Applied])


def encode(events: Iterable[Event]) -> bytes:
    """Return the body of a message."""
    return join(encode_one(event) for event in events)


def encode_one(event: Event) -> bytes:
    """Return one element of a message's body.

    Raises:
        ValueError: a text in it is no valid Unicode.

    """
    return _encoder.encode(_to_wire(event))


def join(elements: Iterable[bytes]) -> bytes:
    """Return the body of a message with these elements."""
    return b"[" + b",".join(elements) + b"]"


def decode(body: bytes) -> list[Event]:
    """Return the events of a message.

    Raises:
        UndecodableMessage: the body is not a batch of events, or an event breaks its own rules.

    """
    try:
        return [_from_wire(wire) for wire in _batch_decoder.decode(body)]
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise UndecodableMessage(str(error)) from error


def encode_reply(answers: Iterable[Applied]) -> bytes:
    """Return the body of a reply."""
    return _encoder.encode(list(answers))


def decode_reply(body: bytes) -> list[Applied]:
    """Return the answers of a reply.

    Raises:
        UndecodableMessage: the body is not a list of answers.

    """
    try:
        return _reply_decoder.decode(body)
    except msgspec.DecodeError as error:
        raise UndecodableMessage(str(error)) from error


def _to_wire(event: Event) -> CloudEvent:
    return CloudEvent(
        id=event.event_id,
        source=f"/users/{event.user_id}",
        type=_TYPE_BY_KIND[type(event)],
        time=event.at,
        data=EventData(
            user_id=event.user_id,
            video_id=event.video_id,
            received_at=event.received_at,
            session_id=event.session_id,
            position_seconds=event.position_seconds,
            playback_rate=event.playback_rate,
            claimed_seconds=event.claimed_seconds if isinstance(event, Pause) else None,
        ),
    )


def _from_wire(wire: CloudEvent) -> Event:
    data, kind = wire.data, _KIND_BY_TYPE[wire.type]
    for instant in (wire.time, data.received_at):
        if instant.tzinfo is None or instant.year not in PLAUSIBLE_YEARS:
            raise ValueError("time and received_at need an offset and a year from 2000 to 2199")
    if data.claimed_seconds is not None and kind is not Pause:
        raise ValueError("claimed_seconds belongs to a pause")
    if "\0" in data.session_id:
        raise ValueError("session_id contains a NUL character")
    claim = {"claimed_seconds": data.claimed_seconds} if kind is Pause else {}
    return kind(
        event_id=wire.id,
        user_id=data.user_id,
        video_id=data.video_id,
        at=wire.time,
        received_at=data.received_at,
        session_id=data.session_id,
        position_seconds=data.position_seconds,
        playback_rate=data.playback_rate,
        **claim,
    )
