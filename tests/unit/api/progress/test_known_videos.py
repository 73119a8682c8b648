import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from api.progress.known_videos import KnownVideos, Memory


class Library:
    """Videos, and the questions asked about them."""

    def __init__(self, *videos: int) -> None:
        self.videos = set(videos)
        self.questions: list[set[int]] = []
        self.away = False
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    async def find(self, video_ids: Collection[int] | None) -> set[int]:
        await asyncio.sleep(0)
        if self.away:
            raise OSError("away")
        if video_ids is None:
            return set(self.videos)
        self.questions.append(set(video_ids))
        return self.videos & set(video_ids)

    def known(self, memory: Memory | None = None) -> KnownVideos:
        return KnownVideos(self.find, lambda: self.now, memory)


async def test_a_video_is_asked_for_once() -> None:
    library = Library(1)
    known = library.known()
    assert await known.missing([1]) == set()
    assert await known.missing([1, 1]) == set()
    assert library.questions == [{1}]


async def test_many_at_once_ask_once() -> None:
    library = Library(1)
    known = library.known()
    assert await asyncio.gather(*(known.missing([1]) for _ in range(50))) == [set()] * 50
    assert library.questions == [{1}]


async def test_only_what_is_not_known_is_asked_for() -> None:
    library = Library(1, 2)
    known = library.known()
    await known.missing([1])
    assert await known.missing([1, 2, 3]) == {3}
    assert library.questions == [{1}, {2, 3}]


async def test_a_missing_video_is_forgotten_after_a_while() -> None:
    library = Library()
    known = library.known()
    assert await known.missing([1]) == {1}
    library.videos.add(1)
    assert await known.missing([1]) == {1}
    library.now += timedelta(seconds=5)
    assert await known.missing([1]) == set()


async def test_memory_of_missing_videos_is_bounded() -> None:
    library = Library()
    known = library.known(Memory(unknown_at_most=10))
    for video_id in range(1, 100):
        await known.missing([video_id])
    assert len(known._unknown_since) <= 10


@pytest.mark.parametrize("video_id", [0, -1, 2**63, 10**400])
async def test_an_id_no_video_can_have_is_never_asked_for(video_id: int) -> None:
    library = Library()
    assert await library.known().missing([video_id]) == {video_id}
    assert library.questions == []


async def test_what_is_known_needs_no_database() -> None:
    library = Library(1)
    known = library.known()
    await known.missing([1])
    library.away = True
    assert await known.missing([1]) == set()
    with pytest.raises(OSError, match="away"):
        await known.missing([2])


async def test_all_videos_are_learnt_so_that_an_outage_finds_them_known() -> None:
    library = Library(1, 2)
    known = library.known()
    learning = asyncio.create_task(known.keep_learning())
    await asyncio.sleep(0.01)
    library.away = True
    assert await known.missing([1, 2]) == set()
    with pytest.raises(OSError, match="away"):
        await known.missing([3])
    learning.cancel()


async def test_learning_goes_on_after_an_outage() -> None:
    library = Library(1)
    library.away = True
    known = library.known(Memory(learn_every=timedelta(milliseconds=1)))
    learning = asyncio.create_task(known.keep_learning())
    await asyncio.sleep(0.01)
    library.away = False
    await asyncio.sleep(0.05)
    library.away = True
    assert await known.missing([1]) == set()
    learning.cancel()
