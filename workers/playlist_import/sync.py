"""What has to change in a course so that it has exactly the videos of its playlist, in their order. Pure.

A place in the playlist is the n-th occurrence of a video, and so is a row: the same video twice is two rows.
Nothing is deleted. Videos that were added by hand stay where they are: behind the video they are behind now,
before all where they are before all, at the end where nothing of the playlist comes after them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Fetched:
    """A place in the playlist as the source has it."""

    youtube_id: str
    title: str
    duration_seconds: int | None = None
    unavailable: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A video of the course; one without `youtube_id` was added by hand."""

    id: int
    youtube_id: str | None
    position: int
    title: str
    duration_seconds: int | None = None
    unavailable: str | None = None
    removed: bool = False
    vanished: bool = False
    """Removed because the playlist had it no more; what is removed without that was archived, and stays."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes of the known videos the fetched ones."""

    added: Sequence[tuple[int, Fetched]]
    """With their positions."""
    changed: Sequence[Known]
    """As they shall be."""
    vanished: Sequence[int]


@dataclass(frozen=True, slots=True)
class RemovalPolicy:
    """How many videos may vanish from a course at once without somebody being asked.

    Fewer than `at_least` may, and no more than `share` of those it has; all of them never.
    """

    share: float = 0.3
    at_least: int = 5


REMOVALS = RemovalPolicy()


def find_changes(known: Sequence[Known], fetched: Sequence[Fetched], *, keep: bool = False) -> Changes:
    """Compare a course's videos, the removed ones included, with its playlist.

    With `keep` none vanishes: what was not fetched stays as if added by hand.
    """
    ordered = sorted(known, key=_place)
    pairs = list(_pair(ordered, fetched))
    matched = {video.id for video, _ in pairs if video is not None}
    added: list[tuple[int, Fetched]] = []
    changed: list[Known] = []
    for position, (video, place) in enumerate(_arrange(ordered, pairs, keep=keep)):
        if video is None:
            assert place is not None
            added.append((position, place))
        elif (renewed := _renew(video, place, position)) != video:
            changed.append(renewed)
    missing = [
        video.id for video in ordered if video.youtube_id and video.id not in matched and not video.removed
    ]
    return Changes(added, changed, [] if keep else missing)


def must_ask(
    known: Sequence[Known], fetched: Sequence[Fetched], changes: Changes, policy: RemovalPolicy = REMOVALS
) -> bool:
    """Say whether so much vanishes that an admin has to want it."""
    present = sum(1 for video in known if video.youtube_id and not video.removed)
    gone = len(changes.vanished)
    return (gone >= policy.at_least and gone > policy.share * present) or (gone > 0 and not fetched)


_Pair = tuple[Known | None, Fetched | None]


def _pair(ordered: Sequence[Known], fetched: Sequence[Fetched]) -> Iterator[_Pair]:
    """Give each place its row, if it has one.

    Of several rows of a video those that are there come before the vanished, and these before the archived;
    what is chosen keeps its order.
    """
    wanted = Counter(place.youtube_id for place in fetched)
    rows = defaultdict[str, list[Known]](list)
    for video in sorted(ordered, key=_preference):
        if video.youtube_id is not None and len(rows[video.youtube_id]) < wanted[video.youtube_id]:
            rows[video.youtube_id].append(video)
    left = {name: iter(sorted(same, key=_place)) for name, same in rows.items()}
    for place in fetched:
        yield next(left.get(place.youtube_id, iter(())), None), place


def _arrange(ordered: Sequence[Known], pairs: Sequence[_Pair], *, keep: bool) -> Iterator[_Pair]:
    """Put what was added by hand, and what is kept, between the places of the playlist."""
    stays = {video.id for video, _ in pairs if video is not None and not video.removed}
    behind = defaultdict[int | None, list[Known]](list)
    last: int | None = None
    for video in ordered:
        if video.id in stays:
            last = video.id
        elif video.youtube_id is None or (keep and not video.removed):
            behind[last].append(video)
    at_the_end = behind.pop(last, [])
    shown = _without_archived_end(pairs)
    yield from ((video, None) for video in behind[None])
    for number, (row, place) in enumerate(shown, start=1):
        yield row, place
        if number == len(shown):  # nobody sees what follows: it does not count as coming after anything
            yield from pairs[number:]
        if row is not None:
            yield from ((video, None) for video in behind[row.id])
    if not shown:
        yield from pairs
    yield from ((video, None) for video in at_the_end)


def _without_archived_end(pairs: Sequence[_Pair]) -> Sequence[_Pair]:
    number = len(pairs)
    while number and (row := pairs[number - 1][0]) is not None and row.removed and not row.vanished:
        number -= 1
    return pairs[:number]


def _renew(video: Known, place: Fetched | None, position: int) -> Known:
    if place is None:
        return replace(video, position=position)
    return replace(
        video,
        position=position,
        title=video.title if place.unavailable else place.title,
        duration_seconds=video.duration_seconds if place.duration_seconds is None else place.duration_seconds,
        unavailable=place.unavailable,
        removed=video.removed and not video.vanished,
        vanished=False,
    )


def _place(video: Known) -> tuple[int, int]:
    return video.position, video.id


def _preference(video: Known) -> tuple[bool, bool, int]:
    # Positions of removed ones are of long ago: their ids choose the same ones each time.
    return video.removed, video.removed and not video.vanished, video.id if video.removed else 0
