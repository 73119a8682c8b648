from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from tests.oracle import (
    AttendanceRow,
    AttendanceRows,
    Fact,
    ProgressRow,
    day_start,
    local_date,
    place_pair,
    place_wall_time,
    rows,
    spans_of,
)
from tests.strategies import Receipt, histories, receipts

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
JUNE_11, JUNE_12, JUNE_13 = (date(2025, 6, day) for day in (11, 12, 13))
HOUR = timedelta(hours=1)
Kind = Literal["play", "pause", "heartbeat"]


def fact(number: int, kind: Kind, seconds: float, claimed: int | None = None, video: int = 1) -> Fact:
    return Fact(UUID(int=number), 1, video, "", kind, NOON + timedelta(seconds=seconds), claimed)


def watched(*facts: Fact) -> float:
    progress, _ = rows(facts, UTC_ZONE, "sum", 30)
    return sum(row.watch_time.total_seconds() for row in progress.values())


def test_a_play_and_its_pause_make_one_row_of_each_kind() -> None:
    progress, attendance = rows([fact(2, "pause", 90), fact(1, "play", 0)], UTC_ZONE, "sum", 90)
    paused_at = NOON + timedelta(seconds=90)
    assert progress == {(1, 1, JUNE_12): ProgressRow(NOON, NOON, paused_at, timedelta(seconds=90))}
    assert attendance == {(1, JUNE_12): AttendanceRow(timedelta(seconds=90), "present", timedelta(0))}


def test_a_lone_heartbeat_makes_rows_without_times() -> None:
    progress, attendance = rows([fact(1, "heartbeat", 0)], UTC_ZONE, "sum", 30)
    assert progress == {(1, 1, JUNE_12): ProgressRow(None, None, None, timedelta(0))}
    assert attendance[1, JUNE_12].status == "absent"


def test_start_time_is_the_latest_play_and_first_start_time_the_first() -> None:
    progress, _ = rows([fact(1, "play", 0), fact(2, "play", 50)], UTC_ZONE, "sum", 30)
    assert progress[1, 1, JUNE_12] == ProgressRow(NOON + timedelta(seconds=50), NOON, None, timedelta(0))


def test_of_two_bodies_under_one_id_the_first_counts_for_that_user_only() -> None:
    play, pause = fact(1, "play", 0), fact(2, "pause", 90)
    other = replace(pause, at=NOON + timedelta(seconds=40))
    stranger = replace(other, user_id=2)
    progress, _ = rows([pause, other, play, stranger], UTC_ZONE, "sum", 30)
    assert progress[1, 1, JUNE_12].watch_time == timedelta(seconds=90)
    assert progress[2, 1, JUNE_12].end_time == stranger.at


@pytest.mark.parametrize(("claimed", "credit"), [(None, 90), (0, 0), (60, 60), (91, 90)])
def test_a_claim_counts_up_to_what_elapsed(claimed: int | None, credit: int) -> None:
    assert watched(fact(1, "play", 0), fact(2, "pause", 90, claimed)) == credit


def test_a_pause_is_read_before_a_play_of_the_same_instant() -> None:
    assert watched(fact(1, "play", 0), fact(2, "play", 60), fact(3, "pause", 60), fact(4, "pause", 70)) == 70


@pytest.mark.parametrize(("silence", "credit"), [(120, 180), (120.000001, 60)])
def test_a_heartbeat_after_a_silence_opens_a_span_of_its_own(silence: float, credit: float) -> None:
    beats = fact(2, "heartbeat", 60), fact(3, "heartbeat", 60 + silence)
    assert watched(fact(1, "play", 0), *beats) == credit


def test_a_silence_is_counted_from_the_play_where_no_heartbeat_came() -> None:
    assert watched(fact(1, "play", 0), fact(2, "heartbeat", 121), fact(3, "pause", 131)) == 10


@pytest.mark.parametrize(("paused", "credit"), [(180, 5), (180.000001, 60)])
def test_a_pause_after_a_silence_only_ends_the_span_at_its_last_heartbeat(
    paused: float, credit: float
) -> None:
    assert watched(fact(1, "play", 0), fact(2, "heartbeat", 60), fact(3, "pause", paused, 5)) == credit


def test_the_heartbeat_that_opens_a_span_is_its_last_until_another_comes() -> None:
    assert watched(fact(1, "heartbeat", 0), fact(2, "pause", 121, 100)) == 0


@pytest.mark.parametrize(("paused", "credit"), [(43_200, 43_200), (43_200.000001, 0)])
def test_a_span_without_heartbeats_waits_twelve_hours_for_its_pause(paused: float, credit: float) -> None:
    assert watched(fact(1, "play", 0), fact(2, "pause", paused)) == credit


def test_after_twelve_hours_of_heartbeats_a_new_span_begins() -> None:
    beats = [fact(number, "heartbeat", 120 * number) for number in range(1, 362)]
    assert watched(fact(900, "play", 0), *beats, fact(901, "pause", 43_330)) == 43_200 + 10


def test_a_pause_alone_earns_its_claim_but_not_past_the_previous_event() -> None:
    assert watched(fact(1, "pause", 0, 60)) == 60
    assert watched(fact(1, "pause", 0)) == 0
    assert watched(fact(1, "pause", 0, 60), fact(2, "pause", 0, 60), fact(3, "pause", 20, 60)) == 80


def test_named_and_unnamed_sessions_do_not_pair() -> None:
    assert watched(fact(1, "play", 0), replace(fact(2, "pause", 90), session_id="left")) == 0


def test_credit_over_midnight_is_split_in_proportion_with_the_remainder_last() -> None:
    before = 12 * 3600 - 0.000001
    progress, _ = rows([fact(1, "play", before), fact(2, "pause", before + 3, 2)], UTC_ZONE, "sum", 30)
    assert progress[1, 1, JUNE_12].watch_time == timedelta(0)
    assert progress[1, 1, JUNE_13].watch_time == timedelta(seconds=2)


def test_a_claim_can_reach_into_a_day_without_events() -> None:
    lone = replace(fact(1, "pause", 0, 3600), at=datetime(2025, 6, 12, 0, 20, tzinfo=UTC))
    progress, _ = rows([lone], UTC_ZONE, "sum", 30)
    assert progress[1, 1, JUNE_11] == ProgressRow(None, None, None, timedelta(minutes=40))
    assert progress[1, 1, JUNE_12].watch_time == timedelta(minutes=20)


def test_the_night_the_clock_is_set_back_has_one_hour_more() -> None:
    play = replace(fact(1, "play", 0), at=datetime(2025, 10, 25, 21, 0, tzinfo=UTC))
    pause = replace(fact(2, "pause", 0), at=datetime(2025, 10, 26, 2, 0, tzinfo=UTC))
    progress, _ = rows([play, pause], BERLIN, "sum", 30)
    assert progress[1, 1, date(2025, 10, 25)].watch_time == HOUR
    assert progress[1, 1, date(2025, 10, 26)].watch_time == 4 * HOUR


def two_videos() -> list[Fact]:
    return [
        fact(1, "play", 0, video=1),
        fact(2, "pause", 100, 50, video=1),
        fact(3, "play", 40, video=2),
        fact(4, "pause", 160, 60, video=2),
    ]


def test_once_credits_what_no_earlier_span_occupies() -> None:
    progress, attendance = rows(two_videos(), UTC_ZONE, "once", 80)
    assert progress[1, 1, JUNE_12].watch_time == timedelta(seconds=50)
    assert progress[1, 2, JUNE_12].watch_time == timedelta(seconds=30)
    assert attendance[1, JUNE_12] == AttendanceRow(
        timedelta(seconds=80), "present", overlap=timedelta(seconds=30)
    )


def test_sum_counts_both_and_reports_the_same_overlap() -> None:
    _, attendance = rows(two_videos(), UTC_ZONE, "sum", 111)
    assert attendance[1, JUNE_12] == AttendanceRow(
        timedelta(seconds=110), "absent", overlap=timedelta(seconds=30)
    )


def test_a_claim_of_nothing_still_occupies_and_a_span_without_heartbeats_does_not() -> None:
    later = [fact(3, "play", 0, video=2), fact(4, "pause", 60, video=2)]
    claimed_nothing = [fact(1, "play", 0), fact(2, "pause", 60, 0)]
    _, attendance = rows([*claimed_nothing, *later], UTC_ZONE, "once", 30)
    assert attendance[1, JUNE_12].total_time == timedelta(0)
    _, attendance = rows([fact(1, "play", 0), *later], UTC_ZONE, "once", 30)
    assert attendance[1, JUNE_12].total_time == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Africa/Cairo", date(2025, 4, 25), datetime(2025, 4, 24, 22, tzinfo=UTC)),
        ("Africa/Cairo", date(2025, 10, 31), datetime(2025, 10, 30, 22, tzinfo=UTC)),
        ("America/Havana", date(2025, 11, 2), datetime(2025, 11, 2, 4, tzinfo=UTC)),
        ("America/St_Johns", date(2010, 11, 7), datetime(2010, 11, 7, 2, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", JUNE_12, datetime(2025, 6, 11, 18, 15, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_the_first_instant_of_its_date(zone: str, day: date, begins: datetime) -> None:
    assert day_start(day, ZoneInfo(zone)) == begins
    assert local_date(begins, ZoneInfo(zone)) == day
    assert local_date(begins - timedelta(microseconds=1), ZoneInfo(zone)) == day - timedelta(days=1)


def test_no_instant_falls_on_a_date_that_the_zone_skipped() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert day_start(date(2011, 12, 30), apia) == day_start(date(2011, 12, 31), apia)
    assert local_date(datetime(2011, 12, 30, 10, tzinfo=UTC), apia) == date(2011, 12, 31)


def test_a_day_that_falls_back_after_it_began_stays_the_day() -> None:
    assert local_date(datetime(2010, 11, 7, 3, tzinfo=UTC), ZoneInfo("America/St_Johns")) == date(2010, 11, 7)


@pytest.mark.parametrize(
    ("wall", "received", "placed"),
    [
        (time(23, 50), datetime(2025, 6, 12, 0, 5), datetime(2025, 6, 11, 23, 50)),
        (time(0, 5), datetime(2025, 6, 12, 23, 50), datetime(2025, 6, 13, 0, 5)),
        (time(21, 0), datetime(2025, 6, 12, 0, 0), datetime(2025, 6, 11, 21, 0)),
        (time(20, 59, 59), datetime(2025, 6, 12, 0, 0), datetime(2025, 6, 12, 20, 59, 59)),
        (time(11, 0), datetime(2025, 6, 12, 23, 30), datetime(2025, 6, 12, 11, 0)),
    ],
)
def test_only_a_near_time_belongs_to_the_neighbour_day(
    wall: time, received: datetime, placed: datetime
) -> None:
    assert place_wall_time(wall, received.replace(tzinfo=UTC), UTC_ZONE) == placed.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "received", "placed"),
    [
        (time(2, 30), datetime(2025, 10, 26, 0, 50), datetime(2025, 10, 26, 0, 30)),
        (time(2, 30), datetime(2025, 10, 26, 1, 50), datetime(2025, 10, 26, 1, 30)),
        (time(2, 30), datetime(2025, 10, 26, 1, 0), datetime(2025, 10, 26, 0, 30)),
        (time(2, 30), datetime(2025, 3, 30, 1, 40), datetime(2025, 3, 30, 1, 30)),
    ],
)
def test_a_time_shown_twice_is_the_nearer_and_a_skipped_one_moves_forward(
    wall: time, received: datetime, placed: datetime
) -> None:
    assert place_wall_time(wall, received.replace(tzinfo=UTC), BERLIN) == placed.replace(tzinfo=UTC)


def test_an_end_before_its_start_puts_the_start_on_the_day_before() -> None:
    received = datetime(2025, 6, 12, 0, 10, tzinfo=UTC)
    assert place_pair(time(23, 50), time(0, 10), received, UTC_ZONE) == (received - HOUR / 3, received)
    assert place_pair(time(22, 50), time(23, 50), received, UTC_ZONE) == (
        datetime(2025, 6, 11, 22, 50, tzinfo=UTC),
        datetime(2025, 6, 11, 23, 50, tzinfo=UTC),
    )


@settings(deadline=None)
@given(histories())
def test_rows_do_not_depend_on_the_order_of_distinct_facts(history: tuple[ZoneInfo, list[Fact]]) -> None:
    zone, facts = history
    distinct = list({(each.user_id, each.event_id): each for each in facts}.values())
    assert rows(distinct, zone, "once", 30) == rows(distinct[::-1], zone, "once", 30)


@settings(deadline=None)
@given(histories())
def test_no_second_is_lost_or_made_up(history: tuple[ZoneInfo, list[Fact]]) -> None:
    zone, facts = history
    first = list({(each.user_id, each.event_id): each for each in facts[::-1]}.values())
    progress, summed = rows(facts, zone, "sum", 30)
    _, once = rows(facts, zone, "once", 30)
    credited = sum((span.credit for span in spans_of(first)), timedelta(0))
    assert credited == sum((row.watch_time for row in progress.values()), timedelta(0))
    assert total(summed) - total(once) == overlapped(summed) == overlapped(once)
    assert all(row.overlap >= timedelta(0) for row in summed.values())


def total(attendance: AttendanceRows) -> timedelta:
    return sum((row.total_time for row in attendance.values()), timedelta(0))


def overlapped(attendance: AttendanceRows) -> timedelta:
    return sum((row.overlap for row in attendance.values()), timedelta(0))


@settings(deadline=None)
@given(receipts())
def test_a_placed_time_is_within_two_days_of_its_receipt(receipt: Receipt) -> None:
    start, end = place_pair(receipt.start, receipt.end, receipt.received_at, receipt.zone)
    assert abs(end - receipt.received_at) <= 25 * HOUR
    assert start >= end - 49 * HOUR
