from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.progress.intake import (
    IDEMPOTENCY_KEYS,
    Receipt,
    choose_event_id,
    clock_correction,
    read_events,
)
from api.progress.schemas import ReportedEvent
from core.errors import BadRequest
from events.schemas import Event, Heartbeat, Pause, Play, paired_pause_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
EVENT_ID = UUID("0b8f2c7e-4f0a-4d55-9a53-6d1f7e2b9c10")


def receipt(received_at: datetime = NOON, zone: str = "UTC", **fields: Any) -> Receipt:
    return Receipt(user_id=7, received_at=received_at, zone=ZoneInfo(zone), late_days=7, **fields)


def read(received: Receipt | None = None, /, **fields: Any) -> tuple[Event, ...]:
    return read_events(ReportedEvent(video_id=1, **fields), EVENT_ID, received or receipt())


def refused(received: Receipt | None = None, /, **fields: Any) -> str:
    with pytest.raises(BadRequest) as refusal:
        read(received, **fields)
    return refusal.value.detail


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# The wall clock


def test_a_start_time_alone_is_a_play() -> None:
    assert read(start_time="10:00:00", session_id="tab-1", position_seconds=3, playback_rate=1.5) == (
        Play(
            event_id=EVENT_ID,
            user_id=7,
            video_id=1,
            at=at("2026-11-23T10:00:00Z"),
            received_at=NOON,
            session_id="tab-1",
            position_seconds=3.0,
            playback_rate=1.5,
        ),
    )


def test_an_end_time_alone_is_a_pause_with_its_claim() -> None:
    (pause,) = read(end_time="10:10:30", watchtime_seconds=630)
    assert isinstance(pause, Pause)
    assert (pause.event_id, pause.at, pause.claimed_seconds) == (EVENT_ID, at("2026-11-23T10:10:30Z"), 630)


def test_both_times_are_a_play_and_its_pause_last() -> None:
    play, pause = read(start_time="10:00:00", end_time="10:10:30", watchtime_seconds=0)
    assert isinstance(play, Play)
    assert isinstance(pause, Pause)
    assert (play.event_id, pause.event_id) == (EVENT_ID, paired_pause_id(EVENT_ID))
    assert pause.claimed_seconds == 0
    assert pause.at - play.at == timedelta(minutes=10, seconds=30)


def test_a_claim_is_optional() -> None:
    (pause,) = read(end_time="10:10:30")
    assert isinstance(pause, Pause)
    assert pause.claimed_seconds is None


def test_times_are_in_the_school_s_zone() -> None:
    (play,) = read(receipt(zone="Asia/Kolkata"), start_time="17:00:00")
    assert play.at == at("2026-11-23T11:30:00Z")


def test_just_after_midnight_a_late_evening_time_belongs_to_yesterday() -> None:
    (pause,) = read(receipt(at("2026-11-23T00:10:00Z")), end_time="23:55:00")
    assert pause.at == at("2026-11-22T23:55:00Z")


def test_an_end_before_its_start_puts_the_start_on_the_day_before() -> None:
    play, pause = read(receipt(at("2026-11-23T00:10:00Z")), start_time="23:50:00", end_time="00:05:00")
    assert (play.at, pause.at) == (at("2026-11-22T23:50:00Z"), at("2026-11-23T00:05:00Z"))


def test_a_time_that_occurs_twice_is_the_one_nearer_to_receipt() -> None:
    early, late = (
        receipt(at("2026-10-25T00:31:00Z"), "Europe/Berlin"),
        receipt(at("2026-10-25T01:31:00Z"), "Europe/Berlin"),
    )
    assert read(early, start_time="02:30:00")[0].at == at("2026-10-25T00:30:00Z")
    assert read(late, start_time="02:30:00")[0].at == at("2026-10-25T01:30:00Z")


def test_a_time_that_is_skipped_moves_forward_by_the_gap() -> None:
    (play,) = read(receipt(at("2026-03-29T01:35:00Z"), "Europe/Berlin"), start_time="02:30:00")
    assert play.at == at("2026-03-29T01:30:00Z")


def test_a_wall_clock_time_is_never_too_early_or_too_late() -> None:
    (play,) = read(receipt(at("2026-11-23T06:00:00Z")), start_time="17:59:59")
    assert play.at == at("2026-11-23T17:59:59Z")


def test_the_clock_correction_leaves_the_wall_clock_alone() -> None:
    (play,) = read(receipt(correction=timedelta(hours=1)), start_time="10:00:00")
    assert play.at == at("2026-11-23T10:00:00Z")


@pytest.mark.parametrize(
    "time",
    [
        "25:61:00",
        "9:00",
        "09:00",
        "9:00:00",
        "24:00:00",
        "10:00:60",
        "10:00:00 ",
        "10:00:00.5",
        "",
        "\u0661\u0660:00:00",
    ],
)
@pytest.mark.parametrize("field", ["start_time", "end_time"])
def test_a_malformed_time_is_refused_with_its_format(field: str, time: str) -> None:
    assert (
        refused(**{field: time})
        == f"{field} must be a time of day written HH:MM:SS, from 00:00:00 to 23:59:59"
    )


@given(
    received_at=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    start=st.times().map(lambda time: time.replace(microsecond=0)),
    end=st.times().map(lambda time: time.replace(microsecond=0)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Santiago", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_a_pair_never_runs_backwards_but_where_the_clock_does(
    received_at: datetime, start: Any, end: Any, zone: str
) -> None:
    play, pause = read(receipt(received_at, zone), start_time=f"{start:%H:%M:%S}", end_time=f"{end:%H:%M:%S}")
    assert timedelta(hours=-1) <= pause.at - play.at <= timedelta(hours=25)


# Instants


@pytest.mark.parametrize(("kind", "expected"), [("play", Play), ("pause", Pause), ("heartbeat", Heartbeat)])
def test_kind_and_occurred_at_are_one_event(kind: str, expected: type[Event]) -> None:
    (event,) = read(kind=kind, occurred_at="2026-11-23T12:59:59.25+01:00")
    assert type(event) is expected
    assert (event.event_id, event.at) == (EVENT_ID, at("2026-11-23T11:59:59.25Z"))


def test_a_pause_at_an_instant_may_claim() -> None:
    (pause,) = read(kind="pause", occurred_at="2026-11-23T12:00:00Z", watchtime_seconds=43_200)
    assert isinstance(pause, Pause)
    assert pause.claimed_seconds == 43_200


@pytest.mark.parametrize(
    "text", ["2026-11-23t11:00:00z", "2026-11-23 11:00:00-00:00", "2026-11-23T11:00:00.0000009Z"]
)
def test_every_rfc_3339_spelling_is_read(text: str) -> None:
    assert read(kind="play", occurred_at=text)[0].at == at("2026-11-23T11:00:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20261123T110000Z",
        "2026-W48-1T11:00:00Z",
        "2026-11-23T11:00Z",
        "2026-11-23",
        "2026-11-23T11:00:00,5Z",
    ],
)
def test_what_is_not_rfc_3339_is_refused(text: str) -> None:
    assert "RFC 3339" in refused(kind="play", occurred_at=text)


@pytest.mark.parametrize(
    "text", ["2026-02-30T11:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T11:00:00+25:00"]
)
def test_an_instant_that_does_not_exist_is_refused(text: str) -> None:
    assert "no time that exists" in refused(kind="play", occurred_at=text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_at_the_end_of_time_is_refused(text: str) -> None:
    assert "must be in a year" in refused(kind="play", occurred_at=text)


def test_an_instant_without_an_offset_is_refused() -> None:
    assert "needs an offset" in refused(kind="play", occurred_at="2026-11-23T11:00:00")


def test_five_minutes_ahead_is_accepted_and_more_is_not() -> None:
    assert read(kind="play", occurred_at="2026-11-23T12:05:00Z")
    assert "5 minutes in the future" in refused(kind="play", occurred_at="2026-11-23T12:05:00.000001Z")


def test_an_event_is_late_by_local_dates_not_by_hours() -> None:
    in_berlin = receipt(zone="Europe/Berlin")
    assert read(in_berlin, kind="play", occurred_at="2026-11-15T23:00:00Z")
    assert "more than 7 days ago" in refused(in_berlin, kind="play", occurred_at="2026-11-15T22:59:59Z")


def test_sent_at_corrects_a_slow_clock() -> None:
    correction = clock_correction("2026-11-22T12:00:00Z", NOON)
    assert correction == timedelta(days=1)
    (play,) = read(receipt(correction=correction), kind="play", occurred_at="2026-11-22T11:59:00Z")
    assert play.at == at("2026-11-23T11:59:00Z")


def test_a_clock_that_is_ahead_is_corrected_before_it_is_judged() -> None:
    correction = clock_correction("2027-11-23T12:00:00Z", NOON)
    assert read(receipt(correction=correction), kind="play", occurred_at="2027-11-23T11:00:00Z")[0].at == at(
        "2026-11-23T11:00:00Z"
    )


def test_sent_at_keeps_the_rules_of_an_instant() -> None:
    with pytest.raises(BadRequest, match="sent_at needs an offset"):
        clock_correction("2026-11-22T12:00:00", NOON)


def test_clocks_too_far_apart_are_refused_not_overflowed() -> None:
    correction = clock_correction("1970-01-01T00:00:00Z", NOON)
    assert "too far apart" in refused(
        receipt(correction=correction * 200), kind="play", occurred_at="9998-11-22T11:59:00Z"
    )


# Combinations


def test_neither_form_is_refused() -> None:
    assert refused() == "nothing happened: send start_time, end_time, or kind with occurred_at"


@pytest.mark.parametrize("wall", [{"start_time": "10:00:00"}, {"end_time": "10:00:00"}])
@pytest.mark.parametrize("instant", [{"kind": "play"}, {"occurred_at": "2026-11-23T11:00:00Z"}])
def test_both_forms_at_once_are_refused(wall: dict[str, Any], instant: dict[str, Any]) -> None:
    assert "one of the two forms" in refused(**wall, **instant)


def test_kind_and_occurred_at_need_each_other() -> None:
    assert "kind needs occurred_at" in refused(kind="play")
    assert "occurred_at needs kind" in refused(occurred_at="2026-11-23T11:00:00Z")


@pytest.mark.parametrize(
    "event",
    [
        {"start_time": "10:00:00"},
        {"kind": "play", "occurred_at": "2026-11-23T11:00:00Z"},
        {"kind": "heartbeat", "occurred_at": "2026-11-23T11:00:00Z"},
    ],
)
def test_only_a_pause_claims(event: dict[str, Any]) -> None:
    assert "belongs to a pause" in refused(**event, watchtime_seconds=0)


@pytest.mark.parametrize("seconds", [-1, 43_201, 10**30])
def test_a_claim_out_of_bounds_is_refused(seconds: int) -> None:
    assert "watchtime_seconds must be" in refused(end_time="10:00:00", watchtime_seconds=seconds)


@pytest.mark.parametrize(
    "field",
    [
        {"session_id": "x" * 201},
        {"session_id": "a\0b"},
        {"position_seconds": -0.1},
        {"playback_rate": 0},
        {"playback_rate": -1},
    ],
)
def test_details_out_of_bounds_are_refused(field: dict[str, Any]) -> None:
    assert next(iter(field)) in refused(start_time="10:00:00", **field)


@pytest.mark.parametrize("session_id", [None, ""])
def test_a_missing_session_is_the_empty_one(session_id: str | None) -> None:
    assert read(start_time="10:00:00", session_id=session_id)[0].session_id == ""


# Ids


def test_an_event_without_an_id_gets_one() -> None:
    assert choose_event_id(None, None, lambda: EVENT_ID) == EVENT_ID


def test_the_client_s_id_wins_over_a_new_one() -> None:
    assert choose_event_id(EVENT_ID, None, uuid4) == EVENT_ID


@pytest.mark.parametrize("key", [str(EVENT_ID), str(EVENT_ID).upper(), f'"{EVENT_ID}"'])
def test_an_idempotency_key_that_is_a_uuid_is_the_id(key: str) -> None:
    assert choose_event_id(None, key, uuid4) == EVENT_ID
    assert choose_event_id(EVENT_ID, key, uuid4) == EVENT_ID


def test_any_other_idempotency_key_is_always_the_same_id() -> None:
    assert choose_event_id(None, "monday-1", uuid4) == uuid5(IDEMPOTENCY_KEYS, "monday-1")


@pytest.mark.parametrize("key", ["", '""', "x" * 201])
def test_an_idempotency_key_out_of_bounds_is_refused(key: str) -> None:
    with pytest.raises(BadRequest, match="1 to 200 characters"):
        choose_event_id(None, key, uuid4)


def test_a_header_and_a_body_that_differ_are_refused() -> None:
    with pytest.raises(BadRequest, match="differ"):
        choose_event_id(uuid4(), "monday-1", uuid4)
