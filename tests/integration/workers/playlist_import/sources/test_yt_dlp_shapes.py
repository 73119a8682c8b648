"""What YouTube's pages look like, and what they leave out: the real yt-dlp against each generation of them."""

from collections.abc import Iterator

import pytest

from tests.integration.workers.playlist_import.sources.reading import HASTY_YT_DLP, Outcome, outcome_of
from tests.youtube.innertube import InnerTube, innertube
from tests.youtube.innertube_shapes import Layout
from tests.youtube.playlists import (
    PLAYLIST_ID,
    Kind,
    Playlist,
    Style,
    Trouble,
    Video,
    make_playlist,
    video_id,
)
from workers.playlist_import.sources.yt_dlp_source import YtDlpSource


@pytest.fixture(scope="module")
def server() -> Iterator[InnerTube]:
    with innertube() as youtube:
        yield youtube


@pytest.fixture
def youtube(server: InnerTube) -> InnerTube:
    server.playlists.clear()
    server.asked.clear()
    server.trouble, server.layout, server.gone = None, Layout.HEADER, None
    return server


async def read(youtube: InnerTube, playlist: Playlist) -> Outcome:
    youtube.add(playlist)
    return await outcome_of(YtDlpSource(youtube.host, youtube.ca_file, HASTY_YT_DLP), PLAYLIST_ID)


def not_listed(outcome: Outcome) -> int:
    assert outcome.failure is None
    return outcome.pages[-1].not_listed


@pytest.mark.parametrize("layout", [Layout.SIDEBAR, Layout.OLD_HEADER, Layout.HEADER])
async def test_what_is_counted_and_not_listed_is_said(youtube: InnerTube, layout: Layout) -> None:
    youtube.layout = layout
    playlist = make_playlist(210, private=[1], unlisted=[3, 7, 150, 209])
    outcome = await read(youtube, playlist)
    assert not_listed(outcome) == 4
    listed = [video.id for video in playlist.videos if video.listed]
    assert [item.video_id for item in outcome.items] == listed
    assert [page.not_listed for page in outcome.pages[:-1]] == [0] * 3


@pytest.mark.parametrize("layout", [Layout.SIDEBAR, Layout.HEADER])
@pytest.mark.parametrize("kind", [Kind.LAST_PAGE, Kind.SAME_PAGE, Kind.EMPTY_PAGE])
async def test_a_page_without_its_next_one_is_no_end(youtube: InnerTube, kind: Kind, layout: Layout) -> None:
    youtube.layout = layout
    youtube.trouble = Trouble(kind, page=1)
    outcome = await read(youtube, make_playlist(320, unlisted=[7, 150]))
    assert outcome.code == "incomplete"
    assert outcome.failure is not None
    assert "of the 320 videos" in outcome.failure.reason


@pytest.mark.parametrize(("count", "page"), [(320, 1), (150, 1)])
async def test_items_that_are_not_understood_are_not_taken_for_hidden(
    youtube: InnerTube, count: int, page: int
) -> None:
    youtube.trouble = Trouble(Kind.ODD_PAGE, page=page)
    assert (await read(youtube, make_playlist(count))).code == "incomplete"


async def test_the_last_page_may_not_be_empty(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.EMPTY_PAGE, page=1)
    assert (await read(youtube, make_playlist(110))).code == "incomplete"


@pytest.mark.parametrize("layout", [Layout.SIDEBAR, Layout.HEADER])
async def test_live_and_coming_videos_can_be_watched_and_those_for_members_cannot(
    youtube: InnerTube, layout: Layout
) -> None:
    youtube.layout = layout
    styles = [Style.LIVE, Style.UPCOMING, Style.MEMBERS, Style.SHORT, None]
    videos = [Video(video_id(n), f"[Lecture] {n}", 60, style=style) for n, style in enumerate(styles)]
    outcome = await read(youtube, Playlist(videos=videos))
    assert not_listed(outcome) == 0
    assert [item.title for item in outcome.items] == [video.title for video in videos]
    assert [item.unavailable for item in outcome.items] == [None, None, "members_only", None, None]
    assert [item.duration_seconds for item in outcome.items][:2] == [None, None]


@pytest.mark.parametrize("layout", [Layout.SIDEBAR, Layout.HEADER])
async def test_places_without_a_video_are_known_in_any_language(youtube: InnerTube, layout: Layout) -> None:
    youtube.layout, youtube.gone = layout, "[非公開動画]"
    outcome = await read(youtube, make_playlist(3, private=[1]))
    assert [item.unavailable for item in outcome.items] == [None, "unavailable", None]


async def test_a_channels_shorts_are_read_whole(youtube: InnerTube) -> None:
    youtube.layout = Layout.SHORTS
    playlist = make_playlist(130)
    outcome = await read(youtube, playlist)
    assert not_listed(outcome) == 0
    assert [(item.video_id, item.title) for item in outcome.items] == [
        (video.id, video.title) for video in playlist.videos
    ]


async def test_how_many_shorts_fit_on_a_page_is_not_known_so_none_may_be_missing(youtube: InnerTube) -> None:
    youtube.layout = Layout.SHORTS
    assert (await read(youtube, make_playlist(30, unlisted=[4]))).code == "incomplete"


async def test_youtube_is_asked_in_english(youtube: InnerTube) -> None:
    await read(youtube, make_playlist(1))
    assert {asked.body["context"]["client"]["hl"] for asked in youtube.asked} == {"en"}
