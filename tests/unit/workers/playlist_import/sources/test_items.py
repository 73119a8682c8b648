import pytest

from workers.playlist_import.sources.failures import Mix, NeedsLogin, NotFound, PlaylistFailure
from workers.playlist_import.sources.items import check_playlist_id, clean_text, make_item

VIDEO = "abcdefghijk"


@pytest.mark.parametrize(
    ("playlist_id", "failure"),
    [
        ("RDabcdefghijk", Mix),
        ("RDMMabcdefghijk", Mix),
        ("WL", NeedsLogin),
        ("LL", NeedsLogin),
        ("LM", NeedsLogin),
        ("", NotFound),
        ("PL/../../x", NotFound),
        ("https://example.org/", NotFound),
        ("PL0123456789\n", NotFound),
        ("PL" + "a" * 200, NotFound),
    ],
)
def test_what_cannot_be_read_is_not_asked_for(playlist_id: str, failure: type[PlaylistFailure]) -> None:
    with pytest.raises(failure):
        check_playlist_id(playlist_id)


@pytest.mark.parametrize("playlist_id", ["PLabc0123456789", "UUabc", "OLAK5uy_abc-_0"])
def test_ids_of_playlists_may_be_asked_for(playlist_id: str) -> None:
    check_playlist_id(playlist_id)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Vectors", "Vectors"),
        ("a\0b\nc\t d", "a b c d"),
        ("half \ud83d a pair", "half ? a pair"),
        ("日本語 — Ω 😀", "日本語 — Ω 😀"),
        ("x" * 1_000, "x" * 500),
    ],
)
def test_titles_can_be_stored_and_shown(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    ("duration", "seconds"), [(None, None), (0, 0), (61.9, 61), (-1, None), (1e12, None)]
)
def test_durations_are_whole_seconds_that_can_be(duration: float | None, seconds: int | None) -> None:
    assert make_item(0, VIDEO, "Vectors", duration, None).duration_seconds == seconds


@pytest.mark.parametrize("title", [None, "", " \n"])
def test_a_video_without_a_title_is_called_by_its_id(title: str | None) -> None:
    assert make_item(3, VIDEO, title, None, None).title == VIDEO
