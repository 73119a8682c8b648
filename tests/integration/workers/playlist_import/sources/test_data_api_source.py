"""The Data API's source against a server of its wire format."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from tests.integration.workers.playlist_import.sources.reading import HASTY_DATA_API, Outcome, outcome_of
from tests.youtube.data_api import KEY, DataApi, data_api
from tests.youtube.playlists import PLAYLIST_ID, Kind, Trouble, make_playlist
from workers.playlist_import.sources.data_api_client import DataApiPolicy
from workers.playlist_import.sources.data_api_source import DataApiSource


@pytest.fixture
def youtube() -> Iterator[DataApi]:
    with data_api(make_playlist(250)) as server:
        yield server


def source(youtube: DataApi, key: str = KEY, policy: DataApiPolicy = HASTY_DATA_API) -> DataApiSource:
    return DataApiSource(youtube.url, SecretStr(key), youtube.ca_file, policy)


async def read(youtube: DataApi, cursor: str | None = None) -> Outcome:
    return await outcome_of(source(youtube), PLAYLIST_ID, cursor)


@pytest.mark.parametrize("count", [0, 1, 50, 250])
async def test_a_playlist_is_read_whole(youtube: DataApi, count: int) -> None:
    playlist = make_playlist(count, private=[3], deleted=[5, 107], repeated=[9, 110], title="Größe ∑ 😀")
    youtube.add(playlist)
    outcome = await read(youtube)
    assert outcome.failure is None
    assert [page.total for page in outcome.pages] == [count] * max(1, -(-count // 50))
    assert outcome.pages[0].title == "Größe ∑ 😀"
    assert outcome.pages[-1].cursor is None
    assert [item.position for item in outcome.items] == list(range(count))
    assert [item.video_id for item in outcome.items] == [video.id for video in playlist.videos]
    assert [item.unavailable for item in outcome.items] == [video.gone for video in playlist.videos]
    for item, video in zip(outcome.items, playlist.videos, strict=True):
        if not video.gone:
            assert (item.title, item.duration_seconds) == (video.title, video.seconds)


async def test_5000_items_are_read(youtube: DataApi) -> None:
    youtube.add(make_playlist(5_000))
    outcome = await read(youtube)
    assert outcome.failure is None
    assert len({item.video_id for item in outcome.items}) == 5_000


async def test_a_video_nobody_explains_is_unavailable(youtube: DataApi) -> None:
    playlist = make_playlist(3)
    youtube.add(playlist)
    youtube.hidden = {playlist.videos[1].id}
    assert [item.unavailable for item in (await read(youtube)).items] == [None, "unavailable", None]


@pytest.mark.parametrize("page", range(4))
async def test_reading_goes_on_after_every_page(youtube: DataApi, page: int) -> None:
    whole = await read(youtube)
    rest = await read(youtube, whole.pages[page].cursor)
    assert rest.failure is None
    assert whole.items[: 50 * (page + 1)] + rest.items == whole.items


@pytest.mark.parametrize("change", [-1, 1])
async def test_a_playlist_that_changed_meanwhile_is_read_from_its_start(
    youtube: DataApi, change: int
) -> None:
    cursor = (await read(youtube)).pages[0].cursor
    youtube.add(make_playlist(250 + change))
    outcome = await read(youtube, cursor)
    assert (outcome.code, outcome.items) == ("changed", [])


@pytest.mark.parametrize("cursor", ["", "v3", "v3:x:y:z", "v3:50:250:CAUQ50", "CAUQ50"])
async def test_a_cursor_of_somebody_else_starts_over(youtube: DataApi, cursor: str) -> None:
    assert (await read(youtube, cursor)).code == "changed"
    assert youtube.asked == []


MEANING = {
    Kind.NOT_FOUND: "not_found",
    Kind.PRIVATE: "private",
    Kind.SIGN_IN: "needs_login",
    Kind.UNVIEWABLE: "needs_login",
    Kind.RATE_LIMITED: "rate_limited",
    Kind.FORBIDDEN: "refused",
    Kind.QUOTA: "quota",
    Kind.BAD_KEY: "bad_key",
    Kind.SERVER_ERROR: "unavailable",
    Kind.HANG: "timeout",
    Kind.DRIP: "timeout",
    Kind.CUT: "unavailable",
    Kind.GARBAGE: "unexpected",
    Kind.HUGE: "unexpected",
    Kind.NO_CONTENTS: "unexpected",
    Kind.EMPTY_PAGE: "incomplete",
    Kind.REDIRECT: "unexpected",
    Kind.UNKNOWN_PAGE: "changed",
}


@pytest.mark.parametrize("page", [0, 2])
@pytest.mark.parametrize("kind", MEANING)
async def test_each_failure_is_seen_as_itself(
    youtube: DataApi, kind: Kind, page: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    youtube.trouble = Trouble(kind, page=page)
    outcome = await read(youtube)
    assert outcome.code == MEANING[kind]
    assert len(outcome.items) == 50 * page
    assert outcome.failure is not None
    told = [outcome.failure.reason, *traceback.format_exception(outcome.failure), caplog.text]
    assert not any(KEY in text for text in told)


async def test_an_unknown_playlist_is_not_found(youtube: DataApi) -> None:
    youtube.playlists.clear()
    assert (await read(youtube)).code == "not_found"


async def test_after_a_pause_for_the_quota_nothing_is_read_twice(youtube: DataApi) -> None:
    youtube.trouble = Trouble(Kind.QUOTA, page=2)
    first = await read(youtube)
    assert first.code == "quota"
    youtube.trouble = None
    rest = await read(youtube, first.pages[-1].cursor)
    assert [item.position for item in first.items + rest.items] == list(range(250))


async def test_what_is_counted_and_not_listed_is_said(youtube: DataApi) -> None:
    youtube.add(make_playlist(120, unlisted=[3, 60, 119]))
    outcome = await read(youtube)
    assert outcome.failure is None
    assert [page.not_listed for page in outcome.pages] == [0, 0, 0, 3]
    assert [item.position for item in outcome.items] == list(range(117))
    rest = await read(youtube, outcome.pages[1].cursor)
    assert rest.pages[-1].not_listed == 3


@pytest.mark.parametrize("kind", [Kind.LAST_PAGE, Kind.EMPTY_PAGE])
@pytest.mark.parametrize("page", [0, 3, 4])
async def test_a_page_without_its_next_one_is_no_end(youtube: DataApi, kind: Kind, page: int) -> None:
    whole = (kind, page) == (Kind.LAST_PAGE, 4)
    youtube.trouble = Trouble(kind, page=page)
    assert (await read(youtube)).code == (None if whole else "incomplete")


async def test_fewer_pages_than_counted_are_incomplete(youtube: DataApi) -> None:
    playlist = make_playlist(250)
    playlist.counted = 251
    youtube.add(playlist)
    assert (await read(youtube)).code == "incomplete"


async def test_a_moment_of_trouble_is_not_noticed(youtube: DataApi) -> None:
    youtube.trouble = Trouble(Kind.SERVER_ERROR, page=1, times=1)
    assert (await read(youtube)).failure is None


@pytest.mark.parametrize("kind", [Kind.RATE_LIMITED, Kind.QUOTA, Kind.FORBIDDEN])
async def test_who_is_told_to_stay_away_asks_no_second_time(youtube: DataApi, kind: Kind) -> None:
    youtube.trouble = Trouble(kind)
    await read(youtube)
    assert [asked.path.rpartition("/")[2] for asked in youtube.asked] == ["playlists", "playlistItems"]


async def test_no_redirect_is_followed(youtube: DataApi) -> None:
    with data_api(make_playlist(1)) as elsewhere:
        youtube.trouble = Trouble(Kind.REDIRECT, target=f"{elsewhere.url}/playlistItems")
        assert (await read(youtube)).code == "unexpected"
        assert elsewhere.asked == []


async def test_the_key_goes_into_a_header_alone(youtube: DataApi) -> None:
    await read(youtube)
    assert all(asked.headers["X-Goog-Api-Key"] == KEY for asked in youtube.asked)
    assert not any(KEY in str((asked.path, asked.query, asked.body)) for asked in youtube.asked)


@pytest.mark.parametrize("key", ["wrong", "with\nnewline", "with space", "nön-ascii"])
async def test_a_bad_key_is_said_to_be_bad_and_not_repeated(youtube: DataApi, key: str) -> None:
    outcome = await outcome_of(source(youtube, key), PLAYLIST_ID)
    assert outcome.code == "bad_key"
    assert outcome.failure is not None
    assert key not in "".join(traceback.format_exception(outcome.failure))


async def test_a_certificate_nobody_vouches_for_is_refused(youtube: DataApi) -> None:
    distrustful = DataApiSource(youtube.url, SecretStr(KEY), None, HASTY_DATA_API)
    assert (await outcome_of(distrustful, PLAYLIST_ID)).code == "unavailable"
    assert youtube.asked == []


async def test_a_playlist_without_end_is_given_up(youtube: DataApi) -> None:
    few = source(youtube, policy=replace(HASTY_DATA_API, max_items=120))
    assert (await outcome_of(few, PLAYLIST_ID)).code == "too_large"
