"""How a day came to its watch time: every span with its events, and in words why it earned what it did.

    events of one user ─ tell ─▶ told spans ─ pieces_of_day ─▶ what each adds to one local date

Pure, and made of the steps of `fold` itself: whatever is told here adds up to the row.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.calendar import day_start, local_date
from core.policy import Overlap, Policy
from events.meaning.fold import LONGEST_SPAN, SILENCE, ZERO, Ending, Player, Share, Span, advance, shares
from events.schemas import Event, Pause

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ToldSpan:
    """A span with the events it is made of, in their order; the pause that ended it is the last one."""

    span: Span
    events: tuple[Event, ...]

    @property
    def claimed(self) -> timedelta | None:
        """What its pause asked for; None without a pause or a claim."""
        last = self.events[-1]
        if not isinstance(last, Pause) or last.claimed_seconds is None:
            return None
        return timedelta(seconds=last.claimed_seconds)


@dataclass(frozen=True, slots=True)
class Piece:
    """What a span adds to one local date. `counted` is the part of `credit` that is in the day's total."""

    told: ToldSpan
    credit: timedelta = ZERO
    overlap: timedelta = ZERO
    """How much of the credit lies where the user was watching already."""
    counted: timedelta = ZERO
    behind: tuple[UUID, ...] = ()
    """The spans that occupied some of its time before it, by the events that opened them."""


def window(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants, the second excluded, that hold every event of a span that lies partly on a day.

    A player has to be read from its last turn (play or pause) before them, from where on its state is known.
    """
    return day_start(day, zone) - LONGEST_SPAN, day_start(day + _DAY, zone) + LONGEST_SPAN


def tell(events: Iterable[Event]) -> list[ToldSpan]:
    """Return every span of one user from their distinct events, in order of (start, opening event)."""
    players: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.order):
        players[event.video_id, event.session_id].append(event)
    told = [span for heard in players.values() for span in _tell_player(heard)]
    return sorted(told, key=lambda one: (one.span.start, one.span.opened_by))


def _tell_player(heard: Iterable[Event]) -> list[ToldSpan]:
    player, pending, told = Player(), list[Event](), list[ToldSpan]()
    for event in heard:
        player, ended = advance(player, event)
        for span in ended:
            paused = isinstance(event, Pause) and span is ended[-1]
            told.append(ToldSpan(span, (*pending, event) if paused else tuple(pending)))
            pending.clear()
        if player.span:
            pending.append(event)
    return told + [ToldSpan(span, tuple(pending)) for span in player.unfinished()]


def pieces_of_day(events: Iterable[Event], day: date, policy: Policy) -> list[Piece]:
    """Return what each span adds to a local date, also those that add nothing but have an event on it.

    The sum of what is counted is the total of the day's row, exactly.
    """
    told = tell(events)
    added = {
        share.span.opened_by: share
        for share in shares([one.span for one in told], policy.zone)
        if share.date == day
    }
    occupying: list[Span] = []
    pieces = []
    for one in told:
        span = one.span
        occupying = [earlier for earlier in occupying if earlier.end > span.start]
        share = added.get(span.opened_by)
        if share:
            pieces.append(_piece(one, share, occupying, policy))
        elif any(local_date(event.at, policy.zone) == day for event in one.events):
            pieces.append(Piece(one))
        occupying.append(span)
    return pieces


def _piece(told: ToldSpan, share: Share, occupying: Iterable[Span], policy: Policy) -> Piece:
    start = max(told.span.start, day_start(share.date, policy.zone))
    return Piece(
        told,
        credit=share.summed,
        overlap=share.summed - share.once,
        counted=share.summed if policy.overlap is Overlap.SUM else share.once,
        behind=tuple(span.opened_by for span in occupying if span.end > start),
    )


def in_words(piece: Piece, policy: Policy) -> str:
    """Say why a span earned what it did, and what of that is counted on the day."""
    said = [_why(piece.told)]
    if piece.credit != piece.told.span.credit:
        said.append(f"It crosses midnight: {seconds(piece.credit)} of that lie on this date.")
    if piece.overlap and policy.overlap is Overlap.ONCE:
        said.append(f"{seconds(piece.overlap)} were being watched elsewhere already and count only there.")
    elif piece.overlap:
        said.append(f"{seconds(piece.overlap)} were being watched elsewhere too, and count in both places.")
    return " ".join(said)


def _why(told: ToldSpan) -> str:
    span, claimed = told.span, told.claimed
    elapsed, counts = seconds(span.end - span.start), _counts(span.credit)
    match span.ending:
        case Ending.PAUSED if claimed is None:
            return f"The pause claimed nothing, so what passed since the start counts: {counts}."
        case Ending.PAUSED:
            return f"The pause claimed exactly what had passed: {counts}."
        case Ending.CLAIMED_MORE:
            return f"The pause claimed {seconds(claimed)} but only {elapsed} had passed: {counts}."
        case Ending.CLAIMED_LESS:
            return f"The pause claimed {seconds(claimed)} of the {elapsed} that had passed: {counts}."
        case Ending.ORPHANED:
            return _orphaned(claimed, span)
        case _:
            ignored = f" The {seconds(claimed)} its pause claimed are ignored." if claimed else ""
            return f"{_UNPAUSED[span.ending]}: {_up_to_last_heartbeat(span)}.{ignored}"


_UNPAUSED = {
    Ending.SILENT: f"Nothing was heard of the player for more than {SILENCE // _SECOND} s",
    Ending.REPLACED: "The player started anew without a pause",
    Ending.EXPIRED: f"It was open for more than {LONGEST_SPAN // timedelta(hours=1)} hours",
    Ending.UNFINISHED: "No pause ended it",
}


def _orphaned(claimed: timedelta | None, span: Span) -> str:
    before = "The pause had no play before it"
    if not claimed:
        return f"{before} and claimed nothing: nothing counts."
    counts = _counts(span.credit)
    if span.credit < claimed:
        reaching = f"{seconds(claimed)}, which reach back beyond the event before it"
        return f"{before} and claimed {reaching}: {counts}."
    return f"{before}, and what it claimed counts back from it: {counts}."


def _up_to_last_heartbeat(span: Span) -> str:
    if not span.credit:
        return "with no heartbeat after its start nothing counts"
    return f"{seconds(span.credit)} up to its last heartbeat count"


def _counts(credit: timedelta) -> str:
    return f"{seconds(credit)} count" if credit else "nothing counts"


def seconds(length: timedelta | None) -> str:
    """Return a length of time in seconds, exactly."""
    whole, rest = divmod(length or ZERO, _SECOND)
    fraction = f".{rest // timedelta.resolution:06}".rstrip("0") if rest else ""
    return f"{whole}{fraction} s"
