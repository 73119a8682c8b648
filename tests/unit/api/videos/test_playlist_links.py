from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.videos import playlist_links as links
from api.videos.playlist_links import read_playlist_link
from core.errors import BadRequest

PL = "PL0123456789abcdef"
CHANNEL = "UCabcdefghijklmnopqrstuv"
UPLOADS = "UUabcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    "text",
    [
        PL,
        f"  {PL}\n",
        f"https://www.youtube.com/playlist?list={PL}",
        f"http://www.youtube.com/playlist?list={PL}",
        f"HTTPS://WWW.YOUTUBE.COM/playlist?list={PL}",
        f"https://youtube.com/playlist?list={PL}&si=tracking",
        f"youtube.com/playlist?list={PL}",
        f"www.youtube.com/playlist?list={PL}#top",
        f"https://m.youtube.com/playlist?list={PL}",
        f"https://music.youtube.com/playlist?list={PL}",
        f"https://music.youtube.com/browse/VL{PL}",
        f"https://www.youtube.com/watch?v=abcdefghijk&list={PL}&index=3",
        f"https://www.youtube.com/watch?list={PL}",
        f"https://youtu.be/abcdefghijk?list={PL}",
        f"https://www.youtube.com/shorts/abcdefghijk?list={PL}",
        f"https://www.youtube.com/embed/videoseries?list={PL}",
        f"https://www.youtube-nocookie.com/embed/videoseries?list={PL}",
        f"https://www.youtube.com/view_play_list?p={PL}",
        f"https://www.youtube.com:443/playlist?list={PL}",
        f"https://www.youtube.com./playlist?list={PL}",
        f"//www.youtube.com/playlist?list={PL}",
        f"https://www.youtube.com/playlist?list={PL}.",
        f"<https://www.youtube.com/playlist?list={PL}>",
        f"[Statistics](https://www.youtube.com/playlist?list={PL})",
        f"Statistics 101: https://youtube.com/playlist?list={PL}&si=tracking",
        f"https://youtu.be/abcdefghijk and all of it: https://youtube.com/playlist?list={PL}!",
        f"https://www.youtube.com/watch?v=abcdefghijk&amp;list={PL}&amp;index=3",
        (
            '<iframe width="560" height="315" title="YouTube video player" frameborder="0" '
            f'src="https://www.youtube.com/embed/videoseries?si=x&amp;list={PL}" allowfullscreen></iframe>'
        ),
        f'"{PL}"',
        f"https://studio.youtube.com/playlist/{PL}/videos",
        f"https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3Dabcdefghijk%26list%3D{PL}",
        f"https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fplaylist%3Flist%3D{PL}&gl=DE",
        f"https://youtu.be/abcdefghijk?si=tracking&list={PL}",
        f"https://www.youtube.com/watch?v=abcdefghijk&list={PL}&index=2&pp=gAQB8AUB&t=3s",
        f"https://music.youtube.com/watch?v=abcdefghijk&list={PL}",
        f"https://www.youtubekids.com/watch?v=abcdefghijk&list={PL}&hl=en",
        f"https://www.youtube.com/playlist/?list={PL}",
        f"https://www.youtube.com/playlist?list={PL}/",
        f"https://www.youtube.com/playlist?list={PL}%0a",
        f"https://www.youtube.com/playlist?list=VL{PL}",
        f"https://www.youtube.com/show/VL{PL}",
        f"https://www.youtube.com/@somebody/playlists?list={PL}",
        f"https://www.youtube.com/watch?v=abcdefghijk?list={PL}",
        f"https://www.youtube.com/playlist&list={PL}",
        f"https://www.youtube.com/playlist\\?list\\={PL}",
        f"https://www.youtube.com/watch?v=abcdefghijk\\u0026list={PL}",
        f"https%3A%2F%2Fwww.youtube.com%2Fplaylist%3Flist%3D{PL}",
        f"\u200bhttps://www.youtube.com/playlist?list={PL}\u200e",
        f"«https://www.youtube.com/playlist?list={PL}»",
        f"see youtube.com/playlist?list={PL}",
        f"all of it (www.youtube.com/playlist?list={PL}).",
        f"https://www.google.com/url?sa=t&url=https%3A%2F%2Fwww.youtube.com%2Fplaylist%3Flist%3D{PL}&ved=x",
        f"https://www.google.de/url?q=https://youtube.com/playlist%3Flist%3D{PL}&sa=D",
        f"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fyoutube.com%2Fplaylist%3Flist%3D{PL}",
        f"https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.youtube.com%2Fplaylist%3Flist%3D{PL}%26fbclid%3Dx",
        f"https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fyoutube.com%2Fplaylist%3Flist%3D{PL}",
    ],
)
def test_every_way_to_write_a_playlist_means_it(text: str) -> None:
    assert read_playlist_link(text).playlist_id == PL


@pytest.mark.parametrize(
    "text",
    [
        "https://www.youtube.com/view_play_list?p=54B1DB3A5C5A7C1C",
        "https://www.youtube.com/p/54B1DB3A5C5A7C1C&hl=en",
        "54B1DB3A5C5A7C1C",
    ],
)
def test_ids_of_the_early_days_began_with_nothing(text: str) -> None:
    assert read_playlist_link(text).playlist_id == "PL54B1DB3A5C5A7C1C"


@pytest.mark.parametrize("kind", ["PL", "EC", "UU", "FL", "UL", "TL", "PU", "OLAK5uy_"])
def test_every_class_of_ids_is_known(kind: str) -> None:
    link = read_playlist_link(f"https://www.youtube.com/playlist?list={kind}a-b_cdefghij")
    assert link.url == f"https://www.youtube.com/playlist?list={kind}a-b_cdefghij"


@pytest.mark.parametrize(
    "text",
    [
        CHANNEL,
        f"https://www.youtube.com/channel/{CHANNEL}",
        f"https://www.youtube.com/channel/{CHANNEL}/videos",
        f"https://music.youtube.com/browse/{CHANNEL}",
    ],
)
def test_a_channel_means_its_uploads(text: str) -> None:
    assert read_playlist_link(text).playlist_id == UPLOADS


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (links.MIX, "https://www.youtube.com/watch?v=abcdefghijk&list=RDabcdefghijk"),
        (links.MIX, "https://www.youtube.com/watch?v=abcdefghijk&list=RDMM"),
        (links.MIX, "https://music.youtube.com/playlist?list=RDCLAK5uy_abcdefghijk"),
        (links.MIX, "RDMM"),
        (links.WATCH_LATER, "https://www.youtube.com/playlist?list=WL"),
        (links.WATCH_LATER, "WL"),
        (links.LIKED, "https://www.youtube.com/playlist?list=LL"),
        (links.LIKED, f"https://www.youtube.com/playlist?list=LL{CHANNEL[2:]}"),
        (links.LIKED, "https://music.youtube.com/playlist?list=LM"),
        (links.ONE_VIDEO, "https://www.youtube.com/watch?v=abcdefghijk"),
        (links.ONE_VIDEO, "https://youtu.be/abcdefghijk"),
        (links.ONE_VIDEO, "https://www.youtube.com/shorts/abcdefghijk"),
        (links.ONE_VIDEO, "https://www.youtube.com/live/abcdefghijk"),
        (links.ONE_VIDEO, "abcdefghijk"),
        (links.ONE_VIDEO, "LLcdefghijk"),
        (links.NAMED_CHANNEL, "https://www.youtube.com/@somebody"),
        (links.NAMED_CHANNEL, "https://www.youtube.com/c/somebody/playlists"),
        (links.NAMED_CHANNEL, "https://www.youtube.com/user/somebody"),
        (links.NAMED_CHANNEL, "https://www.youtube.com/@some.body/videos?si=tracking"),
        (links.NAMED_CHANNEL, "@some.body"),
        (links.ALBUM, "https://music.youtube.com/browse/MPREb_abcdefghijk"),
        (links.BROKEN, "https://www.youtube.com/playlist?list=PL12"),
        (links.BROKEN, "https://www.youtube.com/playlist?list=XX0123456789abcdef"),
        (links.BROKEN, "https://www.youtube.com/playlist?list=PL0123456789<script>"),
        (links.BROKEN, f"https://www.youtube.com/playlist?list={PL}%0aPL"),
        (links.BROKEN, "https://www.youtube.com/playlist?list=pl0123456789abcdef"),
        (links.BROKEN, "https://www.youtube.com/channel/"),
        (links.NOT_YOUTUBE, ""),
        (links.NOT_YOUTUBE, "   "),
        (links.NOT_YOUTUBE, "a course about statistics"),
        (links.NOT_YOUTUBE, "https://www.youtube.com/"),
        (links.NOT_YOUTUBE, "https://www.youtube.com/playlist"),
        (links.NOT_YOUTUBE, "https://www.youtube.com/playlist?list="),
        (links.NOT_YOUTUBE, f"https://vimeo.com/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"https://youtube.com.evil.example/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"https://evilyoutube.com/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"https://youtube.com@evil.example/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"ftp://youtube.com/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"file:///youtube.com/playlist?list={PL}"),
        (links.NOT_YOUTUBE, "javascript:alert(1)"),
        (links.NOT_YOUTUBE, f"see https://evil.example/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"https://evil.example/www.youtube.com/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"https://evil.example/?q=https://evil.example/%3Flist={PL}"),
        (links.NOT_YOUTUBE, f"https://youtube.com\\@evil.example/playlist?list={PL}"),
        (links.NOT_YOUTUBE, f"see https://evil.example//www.youtube.com@evil.example/playlist?list={PL}"),
        (
            links.NOT_YOUTUBE,
            f"https://consent.youtube.com/m?continue=https%3A%2F%2Fevil.example%2F%3Flist%3D{PL}",
        ),
        (
            links.NOT_YOUTUBE,
            f"https://www.youtube.com/redirect?q=https%3A%2F%2Fevil.example%2F%3Flist%3D{PL}",
        ),
        (links.NOT_YOUTUBE, f"https://www.youtube.com/redirect?q=%40evil.example%2F%3Flist%3D{PL}"),
        (links.NOT_YOUTUBE, "https://[::1"),
        (links.NOT_YOUTUBE, "https://youtube.com/playlist?list=" + "P" * 3000),
    ],
)
def test_what_cannot_be_imported_is_refused_with_its_reason(reason: str, text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        read_playlist_link(text)
    assert refusal.value.detail == reason


@given(
    st.text()
    | st.text().map("https://www.youtube.com/{}".format)
    | st.text().map("https://www.youtube.com/playlist?list={}".format)
    | st.text().map("https://www.youtube.com/redirect?q={}".format)
    | st.text().map("see https://www.youtube.com/{}".format)
)
def test_nothing_that_is_pasted_breaks_the_reader(text: str) -> None:
    with suppress(BadRequest):
        playlist = read_playlist_link(text)
        assert read_playlist_link(playlist.url) == playlist
