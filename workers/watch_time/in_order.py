"""The short way: events that come after all their player said before are added to the rows as they are.

Pure. It is taken where it provably gives what folding the days again would: nothing of the user's lies over
the stretches that change. Everywhere else the caller folds again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core.calendar import local_date
from events.meaning.fold import (
    NEW_PLAYER,
    ZERO,
    Player,
    ProgressRow,
    Span,
    by_date,
    progress_row,
    read_player,
)
from events.schemas import Event

PlayerKey = tuple[int, int, str]
"""`(user_id, video_id, session_id)`"""

Order = tuple[datetime, int, UUID]
"""Place of an event among those of its user."""


class Standing(msgspec.Struct, frozen=True):
    """Where a player stood before the new events."""

    player: Player = NEW_PLAYER
    last: Order | None = None
    """Order of its latest event; None before its first."""
    others_until: datetime | None = None
    """Latest event of the user's other players: none of their spans goes further."""


class Addition(msgspec.Struct, frozen=True):
    """What the new events of one user add: rows hold the new plays and pauses, and the difference."""

    players: Mapping[PlayerKey, tuple[Player, Event]]
    """Each player with its latest event."""
    progress: Mapping[tuple[int, date], ProgressRow]

    def since(self, day: date) -> dict[tuple[int, date], ProgressRow]:
        """Return what is added on a local date and later."""
        return {key: row for key, row in self.progress.items() if key[1] >= day}


def add_in_order(
    events: Sequence[Event], standing: Mapping[PlayerKey, Standing], zone: ZoneInfo
) -> Addition | None:
    """Return what new events of one user, given in their order, add.

    None where their days have to be folded again.
    """
    heard_by: dict[PlayerKey, list[Event]] = defaultdict(list)
    for event in events:
        heard_by[event.user_id, event.video_id, event.session_id].append(event)
    players: dict[PlayerKey, tuple[Player, Event]] = {}
    earned: dict[tuple[int, date], timedelta] = {}
    stretches: list[tuple[datetime, datetime]] = []
    for key, heard in heard_by.items():
        before = standing[key]
        if before.last is not None and heard[0].order <= before.last:
            return None
        player, ended = read_player(heard, before.player)
        players[key] = player, heard[-1]
        counted, counts = before.player.unfinished(), ended + player.unfinished()
        stretch = _stretch([*counted, *counts])
        if stretch is not None:
            if before.others_until is not None and before.others_until > stretch[0]:
                return None
            stretches.append(stretch)
            for spans, sign in ((counts, 1), (counted, -1)):
                for span in spans:
                    for day, _, _, credit in by_date(span, zone):
                        earned[span.video_id, day] = earned.get((span.video_id, day), ZERO) + sign * credit
    if len(stretches) > 1 and any(later[0] < earlier[1] for earlier, later in pairwise(sorted(stretches))):
        return None
    return Addition(players, _rows(events, earned, zone))


def _stretch(spans: Sequence[Span]) -> tuple[datetime, datetime] | None:
    """Return from when to when spans occupy their user, if they do at all."""
    occupying = [span for span in spans if span.end > span.start]
    if not occupying:
        return None
    return min(span.start for span in occupying), max(span.end for span in occupying)


def _rows(
    events: Iterable[Event], earned: Mapping[tuple[int, date], timedelta], zone: ZoneInfo
) -> dict[tuple[int, date], ProgressRow]:
    happened: dict[tuple[int, date], list[Event]] = {key: [] for key, credit in earned.items() if credit}
    for event in events:
        happened.setdefault((event.video_id, local_date(event.at, zone)), []).append(event)
    return {key: progress_row(heard, earned.get(key, ZERO)) for key, heard in happened.items()}
