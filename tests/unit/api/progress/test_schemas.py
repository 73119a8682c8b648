from typing import Any

import pytest
from pydantic import ValidationError

from api.progress.schemas import BatchRequest, ProgressRequest


@pytest.mark.parametrize(
    "body",
    [
        '{"video_id": "1"}',
        '{"video_id": true}',
        '{"video_id": 1.5}',
        "{}",
        "[]",
        "null",
        '{"video_id": 1, "watchtime_seconds": "abc"}',
        '{"video_id": 1, "watchtime_seconds": 1.5}',
        '{"video_id": 1, "watchtime_seconds": true}',
        '{"video_id": 1, "watchtime_seconds": NaN}',
        '{"video_id": 1, "watchtime_seconds": 1e999}',
        '{"video_id": 1, "position_seconds": Infinity}',
        '{"video_id": 1, "position_seconds": false}',
        '{"video_id": 1, "playback_rate": NaN}',
        '{"video_id": 1, "start_time": 36000}',
        '{"video_id": 1, "occurred_at": 1763895630}',
        '{"video_id": 1, "kind": "seek"}',
        '{"video_id": 1, "event_id": "not-a-uuid"}',
        '{"video_id": 1, "session_id": 5}',
        '{"video_id": 1, "session_id": "\\ud800"}',
        '{"video_id": 1',
        "",
        "[" * 10_000,
    ],
)
def test_wrong_types_are_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        ProgressRequest.model_validate_json(body)


@pytest.mark.parametrize("seconds", ["60", "60.0", "6e1"])
def test_a_whole_number_of_seconds_may_be_spelled_in_every_way_json_has(seconds: str) -> None:
    request = ProgressRequest.model_validate_json(f'{{"video_id": 1, "watchtime_seconds": {seconds}}}')
    assert request.watchtime_seconds == 60


def test_null_is_absent_and_unknown_fields_are_ignored() -> None:
    body = '{"video_id": 1, "start_time": null, "event_id": null, "session_id": null, "colour": "red"}'
    assert ProgressRequest.model_validate_json(body) == ProgressRequest(video_id=1)


@pytest.mark.parametrize("body", ["{}", '{"events": null}', '{"events": {}}', '{"events": [], "sent_at": 5}'])
def test_a_batch_has_a_list_of_events(body: str) -> None:
    with pytest.raises(ValidationError):
        BatchRequest.model_validate_json(body)


def test_a_batch_takes_any_elements_for_each_is_judged_by_itself() -> None:
    elements: list[Any] = [{"video_id": 1}, None, 5, "x", []]
    assert BatchRequest(events=elements).events == elements
