from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.progress.batch import UNKNOWN_VIDEO, Judged, judge
from api.progress.intake import Receipt
from events.schemas import Pause, Play, paired_pause_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECEIPT = Receipt(user_id=7, received_at=NOON, zone=ZoneInfo("UTC"), late_days=7)
EVENT_ID = UUID("0b8f2c7e-4f0a-4d55-9a53-6d1f7e2b9c10")
NEW_ID = UUID("5a0d9f1e-29b5-4a31-8f4e-0f8a3f1b2c3d")
GOOD = {"video_id": 1, "start_time": "10:00:00", "event_id": str(EVENT_ID)}


def judged(*elements: Any) -> list[Judged]:
    return judge(elements, RECEIPT, lambda: NEW_ID)


def test_each_event_is_judged_by_itself_and_in_order() -> None:
    late, good, nonsense = judged({**GOOD, "start_time": "25:61:00"}, GOOD, {"video_id": 1})
    assert [one.result().status for one in (late, good, nonsense)] == ["rejected", "accepted", "rejected"]
    assert [one.event_id for one in (late, good, nonsense)] == [EVENT_ID, EVENT_ID, None]
    assert late.detail is not None
    assert "HH:MM:SS" in late.detail
    assert good.detail is None


def test_an_event_without_an_id_gets_one_when_it_is_accepted() -> None:
    (one,) = judged({"video_id": 1, "start_time": "10:00:00"})
    assert one.event_id == NEW_ID
    assert [event.event_id for event in one.events] == [NEW_ID]


def test_a_pair_is_one_result_of_two_events() -> None:
    (one,) = judged({**GOOD, "end_time": "10:10:00"})
    assert one.result().event_id == EVENT_ID
    play, pause = one.events
    assert isinstance(play, Play)
    assert isinstance(pause, Pause)
    assert pause.event_id == paired_pause_id(EVENT_ID)


@pytest.mark.parametrize(
    ("element", "field"),
    [
        ({**GOOD, "video_id": "1"}, "video_id"),
        ({"event_id": str(EVENT_ID)}, "video_id"),
        ({**GOOD, "watchtime_seconds": "abc"}, "watchtime_seconds"),
    ],
)
def test_a_wrong_type_rejects_its_event_by_name(element: dict[str, Any], field: str) -> None:
    (one,) = judged(element)
    assert (one.event_id, one.events) == (EVENT_ID, ())
    assert one.detail == f"missing or of the wrong type: {field}; see the API's documentation"


@pytest.mark.parametrize("element", [None, 5, "x", [], [GOOD], True])
def test_what_is_no_object_is_rejected(element: Any) -> None:
    (one,) = judged(element)
    assert one.result().status == "rejected"
    assert one.event_id is None
    assert "JSON object" in (one.detail or "")


@pytest.mark.parametrize("event_id", ["secret-value", 5, [], {}])
def test_an_illegible_id_is_neither_answered_nor_repeated(event_id: Any) -> None:
    (one,) = judged({**GOOD, "event_id": event_id})
    assert one.event_id is None
    assert "secret" not in (one.detail or "")


def test_an_event_s_own_sent_at_is_ignored() -> None:
    (one,) = judged(
        {
            "video_id": 1,
            "kind": "play",
            "occurred_at": "2026-11-23T11:00:00Z",
            "sent_at": "2020-01-01T00:00:00Z",
        }
    )
    assert one.events[0].at == datetime(2026, 11, 23, 11, tzinfo=UTC)


def test_events_on_a_missing_video_are_rejected() -> None:
    first, second = (one.unless_missing({2}) for one in judged(GOOD, {**GOOD, "video_id": 2}))
    assert (first.result().status, second.result().status) == ("accepted", "rejected")
    assert second.detail == UNKNOWN_VIDEO


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(
    [
        "video_id",
        "start_time",
        "end_time",
        "watchtime_seconds",
        "kind",
        "occurred_at",
        "event_id",
        "session_id",
    ]
)


@given(
    st.dictionaries(fields, json_values | st.sampled_from([1, "10:00:00", "play", "2026-11-23T11:00:00Z"]))
)
def test_no_element_breaks_it(element: dict[str, Any]) -> None:
    (one,) = judged(element)
    assert bool(one.events) == (one.detail is None)
