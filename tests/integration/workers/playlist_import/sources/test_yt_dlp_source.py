"""The real yt-dlp against a server of InnerTube's wire format."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.workers.playlist_import.sources.reading import HASTY_YT_DLP, Outcome, outcome_of
from tests.youtube.innertube import InnerTube, innertube
from tests.youtube.innertube_shapes import Layout
from tests.youtube.playlists import PLAYLIST_ID, Kind, Trouble, Video, make_playlist
from workers.playlist_import.sources.yt_dlp_source import YtDlpPolicy, YtDlpSource

COUNTED = (Layout.SIDEBAR, Layout.OLD_HEADER, Layout.HEADER)


@pytest.fixture(scope="module")
def server() -> Iterator[InnerTube]:
    with innertube() as youtube:
        yield youtube


@pytest.fixture
def youtube(server: InnerTube) -> InnerTube:
    """A server in no trouble, with a playlist of 250 videos."""
    server.playlists.clear()
    server.asked.clear()
    server.trouble, server.layout, server.gone = None, Layout.SIDEBAR, None
    server.add(make_playlist(250))
    return server


async def read(youtube: InnerTube, policy: YtDlpPolicy = HASTY_YT_DLP) -> Outcome:
    return await outcome_of(YtDlpSource(youtube.host, youtube.ca_file, policy), PLAYLIST_ID)


@pytest.mark.parametrize("layout", COUNTED)
@pytest.mark.parametrize("count", [0, 1, 100, 250])
async def test_a_playlist_is_read_whole(youtube: InnerTube, count: int, layout: Layout) -> None:
    youtube.layout = layout
    playlist = make_playlist(count, private=[3], deleted=[5, 107], repeated=[9, 110], title="Größe ∑ 😀")
    youtube.add(playlist)
    outcome = await read(youtube)
    assert outcome.failure is None
    assert [page.total for page in outcome.pages] == [count] * max(1, -(-count // 100))
    assert {page.title for page in outcome.pages} == {"Größe ∑ 😀"}
    assert {page.cursor for page in outcome.pages} == {None}
    assert [item.position for item in outcome.items] == list(range(count))
    assert [item.video_id for item in outcome.items] == [video.id for video in playlist.videos]
    assert [item.unavailable for item in outcome.items] == [video.gone for video in playlist.videos]
    for item, video in zip(outcome.items, playlist.videos, strict=True):
        if not video.gone:
            assert (item.title, item.duration_seconds) == (video.title, video.seconds)


async def test_an_available_video_may_be_called_like_a_missing_one(youtube: InnerTube) -> None:
    playlist = make_playlist(3)
    playlist.videos[1] = Video("abcdefghijk", "[Deleted video]", 60)
    youtube.add(playlist)
    assert [item.unavailable for item in (await read(youtube)).items] == [None] * 3


async def test_250_items_take_few_requests(youtube: InnerTube) -> None:
    await read(youtube)
    assert len(youtube.asked) == 5


MEANING = {
    Kind.NOT_FOUND: "not_found",
    Kind.PRIVATE: "private",
    Kind.SIGN_IN: "needs_login",
    Kind.UNVIEWABLE: "needs_login",
    Kind.BOT_CHECK: "bot_check",
    Kind.SORRY: "bot_check",
    Kind.RATE_LIMITED: "rate_limited",
    Kind.FORBIDDEN: "refused",
    Kind.SERVER_ERROR: "unavailable",
    Kind.HANG: "timeout",
    Kind.CUT: "unavailable",
    Kind.GARBAGE: "unexpected",
    Kind.HUGE: "unexpected",
    Kind.NO_CONTENTS: "incomplete",
    Kind.EMPTY_PAGE: "incomplete",
    Kind.REDIRECT: "unexpected",
}


@pytest.mark.parametrize("kind", MEANING)
async def test_each_failure_is_seen_as_itself(youtube: InnerTube, kind: Kind) -> None:
    youtube.trouble = Trouble(kind)
    outcome = await read(youtube)
    assert outcome.code == MEANING[kind]
    assert outcome.items == []


@pytest.mark.parametrize("kind", MEANING)
async def test_a_failure_in_the_middle_never_looks_like_the_end(youtube: InnerTube, kind: Kind) -> None:
    youtube.trouble = Trouble(kind, page=1)
    outcome = await read(youtube)
    assert outcome.code == ("incomplete" if kind is Kind.NOT_FOUND else MEANING[kind])
    assert len(outcome.items) == 100


async def test_neither_an_empty_nor_a_full_page_is_an_end_where_nobody_counts(youtube: InnerTube) -> None:
    youtube.layout = Layout.UNCOUNTED
    whole = await read(youtube)
    assert (whole.failure, len(whole.items), whole.pages[0].total) == (None, 250, None)
    for kind, page in ((Kind.EMPTY_PAGE, 0), (Kind.EMPTY_PAGE, 1), (Kind.LAST_PAGE, 1)):
        youtube.trouble = Trouble(kind, page=page)
        assert (await read(youtube)).code == "incomplete"


async def test_a_page_without_contents_is_no_end_where_nobody_counts(youtube: InnerTube) -> None:
    youtube.layout = Layout.UNCOUNTED
    youtube.trouble = Trouble(Kind.NO_CONTENTS, page=1)
    outcome = await read(youtube)
    assert (outcome.code, len(outcome.items)) == ("incomplete", 100)


@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.NO_CONTENTS, Kind.CUT])
async def test_trouble_of_a_moment_is_not_noticed(youtube: InnerTube, kind: Kind) -> None:
    youtube.trouble = Trouble(kind, page=1, times=1)
    outcome = await read(youtube)
    assert outcome.failure is None
    assert len(outcome.items) == 250


@pytest.mark.parametrize("kind", [Kind.BOT_CHECK, Kind.SORRY, Kind.RATE_LIMITED, Kind.FORBIDDEN])
async def test_who_is_told_to_stay_away_asks_no_second_time(youtube: InnerTube, kind: Kind) -> None:
    youtube.trouble = Trouble(kind)
    await read(youtube)
    assert len(youtube.asked) == 2, "one link resolved, one page asked for"


async def test_a_look_at_the_unavailable_that_is_refused_is_not_gone_past(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.RATE_LIMITED, page=0, times=None)
    youtube.trouble.spared = 1
    outcome = await read(youtube)
    assert outcome.code == "rate_limited"
    assert len(youtube.asked) == 3


async def test_no_redirect_is_followed(youtube: InnerTube) -> None:
    with innertube(make_playlist(1)) as elsewhere:
        youtube.trouble = Trouble(Kind.REDIRECT, target=f"https://{elsewhere.host}/youtubei/v1/browse")
        assert (await read(youtube)).code == "unexpected"
        assert elsewhere.asked == []


async def test_a_certificate_nobody_vouches_for_is_refused(youtube: InnerTube) -> None:
    outcome = await outcome_of(YtDlpSource(youtube.host, None, HASTY_YT_DLP), PLAYLIST_ID)
    assert outcome.code == "unavailable"
    assert youtube.asked == []


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    outcome = await outcome_of(YtDlpSource("127.0.0.1:1", None, HASTY_YT_DLP), PLAYLIST_ID)
    assert outcome.code == "unavailable"


async def test_a_mix_is_not_even_asked_for(youtube: InnerTube) -> None:
    source = YtDlpSource(youtube.host, youtube.ca_file, HASTY_YT_DLP)
    assert (await outcome_of(source, "RDabcdefghijk")).code == "mix"
    assert youtube.asked == []


async def test_a_cursor_of_the_other_source_starts_over(youtube: InnerTube) -> None:
    source = YtDlpSource(youtube.host, youtube.ca_file, HASTY_YT_DLP)
    assert (await outcome_of(source, PLAYLIST_ID, "v3:50:250:CAUQ50")).code == "changed"


async def test_a_playlist_without_end_is_given_up(youtube: InnerTube) -> None:
    outcome = await read(youtube, replace(HASTY_YT_DLP, max_items=150))
    assert outcome.code == "too_large"


@pytest.mark.parametrize("page", [0, 1])
async def test_an_answer_without_end_takes_no_more_memory_than_it_may(youtube: InnerTube, page: int) -> None:
    youtube.trouble = Trouble(Kind.HUGE, page=page)
    outcome = await read(youtube)
    assert outcome.code == "unexpected"
    assert "Memory" in str(outcome.failure) or "malloc" in str(outcome.failure)


async def test_a_trickle_does_not_keep_anybody_waiting(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.DRIP, page=1)
    outcome = await read(youtube, replace(HASTY_YT_DLP, silence=timedelta(seconds=5)))
    assert outcome.code == "timeout"
    assert len(outcome.items) == 100


async def test_the_whole_takes_no_longer_than_it_may(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.DRIP, page=1)
    outcome = await read(youtube, replace(HASTY_YT_DLP, whole=timedelta(seconds=5)))
    assert outcome.code == "timeout"
