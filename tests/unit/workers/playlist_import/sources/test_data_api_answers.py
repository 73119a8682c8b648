import json

import pytest

from workers.playlist_import.sources import failures
from workers.playlist_import.sources.data_api_answers import failure_of, seconds_of
from workers.playlist_import.sources.failures import PlaylistFailure


def body(reason: str, message: str = "No.", /, **details: str) -> bytes:
    error = {"code": 403, "message": message, "errors": [{"reason": reason}], "details": [details]}
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("PT1H2M3S", 3723),
        ("PT10M", 600),
        ("PT45S", 45),
        ("P1DT1S", 86401),
        ("P1W", 604800),
        ("P0D", None),
        ("PT0S", None),
        ("", None),
        ("ten minutes", None),
    ],
)
def test_durations_are_read(duration: str, seconds: int | None) -> None:
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (403, body("quotaExceeded"), failures.QuotaExceeded),
        (403, body("dailyLimitExceeded"), failures.QuotaExceeded),
        (429, body("rateLimitExceeded"), failures.RateLimited),
        (429, body("rateLimitExceeded", quota_limit="defaultPerDayPerProject"), failures.QuotaExceeded),
        (404, body("playlistNotFound"), failures.NotFound),
        (403, body("playlistItemsNotAccessible"), failures.Private),
        (400, body("badRequest", "API key not valid. Please pass a valid API key."), failures.BadKey),
        (403, body("forbidden", reason="API_KEY_IP_ADDRESS_BLOCKED"), failures.BadKey),
        (403, body("accessNotConfigured"), failures.BadKey),
        (403, body("forbidden"), failures.Refused),
        (400, body("invalidPageToken"), failures.Changed),
        (400, body("somethingNew"), failures.Unexpected),
        (500, b"<html>", failures.Unavailable),
        (503, b"[]", failures.Unavailable),
        (302, b"", failures.Unexpected),
    ],
)
def test_errors_are_understood(status: int, answer: bytes, failure: type[PlaylistFailure]) -> None:
    assert type(failure_of(status, answer)) is failure
