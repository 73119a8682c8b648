import pytest

from workers.playlist_import.sources import failures
from workers.playlist_import.sources.failures import PlaylistFailure
from workers.playlist_import.sources.yt_dlp_errors import failure_for


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ("YouTube said: The playlist does not exist.", failures.NotFound),
        ("Failed to resolve url (does the playlist exist?)", failures.NotFound),
        ("YouTube said: Requested entity was not found.", failures.NotFound),
        ("YouTube said: This channel is not available.", failures.NotFound),
        ("YouTube said: This account has been terminated.", failures.NotFound),
        ("YouTube said: This playlist is private.", failures.Private),
        ("YouTube said: This playlist is private. Sign in to see it.", failures.Private),
        ("YouTube said: This playlist type is unviewable.", failures.NeedsLogin),
        ("YouTube said: Sign in to confirm your age", failures.NeedsLogin),
        (
            "YouTube said: Sign in to confirm you\N{RIGHT SINGLE QUOTATION MARK}re not a bot",
            failures.BotCheck,
        ),
        ("YouTube said: Sign in to confirm you're not a bot.", failures.BotCheck),
        ("Our systems have detected unusual traffic from your network", failures.BotCheck),
        ("led away with 302 to https://www.google.com/sorry/index?continue=x", failures.BotCheck),
        ("led away with 302 to https://accounts.google.com/ServiceLogin", failures.NeedsLogin),
        (
            "This content isn\N{RIGHT SINGLE QUOTATION MARK}t available, try again later.",
            failures.RateLimited,
        ),
        ("Incomplete data received", failures.Incomplete),
        ("Unable to recognize tab page", failures.Incomplete),
        ("The read operation timed out", failures.TimedOut),
        ("YouTube said: Unknown error.", failures.Unavailable),
        ("led away with 302 to https://example.org/", failures.Unexpected),
        ("Failed to parse JSON", failures.Unexpected),
    ],
)
def test_sentences_of_youtube_are_understood(said: str, failure: type[PlaylistFailure]) -> None:
    assert failure_for(said, None, network=False) is failure


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, failures.NeedsLogin),
        (403, failures.Refused),
        (404, failures.NotFound),
        (429, failures.RateLimited),
        (500, failures.Unavailable),
        (503, failures.Unavailable),
        (418, failures.Unexpected),
    ],
)
def test_a_status_speaks_where_no_sentence_does(status: int, failure: type[PlaylistFailure]) -> None:
    assert failure_for("HTTP Error", status, network=status >= 500) is failure


def test_a_sentence_says_more_than_its_status() -> None:
    assert failure_for("confirm you're not a bot", 403, network=False) is failures.BotCheck
    assert failure_for("confirm you're not a bot", 429, network=False) is failures.BotCheck


def test_trouble_of_the_network_is_no_trouble_of_the_playlist() -> None:
    assert failure_for("Connection refused", None, network=True) is failures.Unavailable
