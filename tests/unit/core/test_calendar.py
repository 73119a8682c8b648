from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import day_start, local_date, place_wall_pair, place_wall_time, refusal

BERLIN = ZoneInfo("Europe/Berlin")
CAIRO = ZoneInfo("Africa/Cairo")
HAVANA = ZoneInfo("America/Havana")
TORONTO = ZoneInfo("America/Toronto")
ST_JOHNS = ZoneInfo("America/St_Johns")
UTC_ZONE = ZoneInfo("UTC")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestADayBegins:
    def test_at_midnight_on_a_plain_day(self) -> None:
        assert day_start(date(2026, 1, 15), BERLIN) == utc("2026-01-14T23:00")

    def test_behind_the_gap_where_midnight_is_skipped(self) -> None:
        assert day_start(date(2024, 4, 26), CAIRO) == utc("2024-04-25T22:00")

    def test_behind_a_gap_that_does_not_begin_at_midnight(self) -> None:
        # 1919-03-30 23:30 became 1919-03-31 00:30.
        assert day_start(date(1919, 3, 31), TORONTO) == utc("1919-03-31T04:30")

    def test_at_the_first_of_two_midnights(self) -> None:
        assert day_start(date(2025, 11, 2), HAVANA) == utc("2025-11-02T04:00")


class TestTheLocalDate:
    def test_changes_exactly_at_the_start_of_the_day(self) -> None:
        start = day_start(date(2026, 3, 29), BERLIN)
        assert local_date(start, BERLIN) == date(2026, 3, 29)
        assert local_date(start - timedelta(microseconds=1), BERLIN) == date(2026, 3, 28)

    @given(
        st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        st.sampled_from([BERLIN, CAIRO, HAVANA, TORONTO, ST_JOHNS, UTC_ZONE]),
        st.integers(-2, 2),
    )
    def test_is_before_a_date_exactly_where_the_instant_is_before_its_start(
        self, at: datetime, zone: ZoneInfo, days: int
    ) -> None:
        day = at.date() + timedelta(days=days)
        assert (local_date(at, zone) < day) == (at < day_start(day, zone))

    def test_does_not_go_back_where_the_clock_is_set_back_over_midnight(self) -> None:
        # Until 2011 St. John's set its clocks back at 00:01, to 23:01 of the day before.
        begun = day_start(date(2010, 11, 7), ST_JOHNS)
        assert local_date(begun + timedelta(minutes=30), ST_JOHNS) == date(2010, 11, 7)


@pytest.mark.parametrize(
    ("wall", "received", "meant"),
    [
        ("09:30:00", "2026-05-10T10:00", "2026-05-10T09:30"),
        ("23:58:00", "2026-05-10T00:05", "2026-05-09T23:58"),
        ("00:03:00", "2026-05-10T23:59", "2026-05-11T00:03"),
        ("21:04:00", "2026-05-10T00:05", "2026-05-10T21:04"),  # more than 3 h before: the day of receipt
        ("21:05:00", "2026-05-10T00:05", "2026-05-09T21:05"),  # 3 h sharp, and 21 h on the day of receipt
        ("13:00:00", "2026-05-10T01:00", "2026-05-10T13:00"),  # 12 h is not more than 12 h
    ],
)
def test_a_wall_time_is_on_the_day_of_receipt_or_on_a_neighbour_that_is_much_nearer(
    wall: str, received: str, meant: str
) -> None:
    assert place_wall_time(time.fromisoformat(wall), utc(received), UTC_ZONE) == utc(meant)


class TestWhenTheClockChanges:
    def test_a_wall_time_that_occurs_twice_is_the_occurrence_nearer_to_receipt(self) -> None:
        assert place_wall_time(time(2, 30), utc("2026-10-25T00:31"), BERLIN) == utc("2026-10-25T00:30")
        assert place_wall_time(time(2, 30), utc("2026-10-25T01:31"), BERLIN) == utc("2026-10-25T01:30")

    def test_of_two_equally_near_ones_it_is_the_earlier(self) -> None:
        assert place_wall_time(time(2, 30), utc("2026-10-25T01:00"), BERLIN) == utc("2026-10-25T00:30")

    def test_a_skipped_wall_time_moves_forward_by_the_gap(self) -> None:
        assert place_wall_time(time(2, 30), utc("2026-03-29T02:00"), BERLIN) == utc("2026-03-29T01:30")

    def test_distances_are_elapsed_time(self) -> None:
        # On the clock 12 h 30 min, elapsed 13 h 30 min: beyond the limit, and the next day is near enough.
        received = utc("2026-10-24T22:30")
        assert place_wall_time(time(13, 0), received, BERLIN) == utc("2026-10-25T12:00")
        assert place_wall_time(time(23, 0), received, BERLIN) == utc("2026-10-24T21:00")


class TestAPair:
    def test_stands_on_one_day(self) -> None:
        pair = place_wall_pair(time(9, 0), time(9, 10), utc("2026-05-10T09:11"), UTC_ZONE)
        assert pair == (utc("2026-05-10T09:00"), utc("2026-05-10T09:10"))

    def test_that_ends_before_it_starts_began_the_day_before(self) -> None:
        pair = place_wall_pair(time(23, 50), time(0, 5), utc("2026-05-10T00:06"), UTC_ZONE)
        assert pair == (utc("2026-05-09T23:50"), utc("2026-05-10T00:05"))

    def test_that_ended_just_before_midnight_starts_on_the_day_of_its_end(self) -> None:
        pair = place_wall_pair(time(19, 0), time(23, 55), utc("2026-05-10T00:06"), UTC_ZONE)
        assert pair == (utc("2026-05-09T19:00"), utc("2026-05-09T23:55"))


class TestRefusalAtReceipt:
    received = utc("2026-05-10T12:00")

    def test_five_minutes_ahead_is_allowed_and_more_is_not(self) -> None:
        assert refusal(self.received + timedelta(minutes=5), self.received, 7, UTC_ZONE) is None
        ahead = refusal(self.received + timedelta(minutes=5, microseconds=1), self.received, 7, UTC_ZONE)
        assert ahead is not None
        assert "5 minutes in the future" in ahead

    def test_lateness_counts_local_dates_not_hours(self) -> None:
        assert refusal(utc("2026-05-03T00:00"), self.received, 7, UTC_ZONE) is None
        late = refusal(utc("2026-05-02T23:59:59"), self.received, 7, UTC_ZONE)
        assert late is not None
        assert "7 days" in late

    def test_a_date_left_out_counts_as_one(self) -> None:
        apia = ZoneInfo("Pacific/Apia")  # 2011-12-30 was left out; the first date allowed begins at 10:00 UTC
        received = utc("2011-12-30T10:00")
        assert local_date(received, apia) == date(2011, 12, 31)
        assert refusal(utc("2011-12-24T10:00"), received, 7, apia) is None
        assert refusal(utc("2011-12-24T09:59"), received, 7, apia) is not None

    @given(
        st.sampled_from([UTC_ZONE, CAIRO, TORONTO, ZoneInfo("Pacific/Apia"), ZoneInfo("Pacific/Kwajalein")]),
        st.sampled_from(["2011-12-28", "1993-08-20", "2026-03-27", "2026-10-23"]),
        st.integers(0, 9),
        st.integers(0, 20 * 24 * 60),
        st.integers(-300, 12 * 24 * 60),
    )
    def test_it_is_by_the_first_date_allowed_also_where_dates_are_left_out(
        self, zone: ZoneInfo, near: str, late_days: int, minutes: int, age: int
    ) -> None:
        received = utc(near) + timedelta(minutes=minutes)
        occurred = received - timedelta(minutes=age)
        earliest = day_start(local_date(received, zone) - timedelta(days=late_days), zone)
        allowed = age >= -5 and occurred >= earliest
        assert (refusal(occurred, received, late_days, zone) is None) == allowed


@given(
    st.sampled_from([HAVANA, ST_JOHNS, CAIRO, ZoneInfo("Pacific/Apia"), BERLIN]),
    st.sampled_from(["2011-12-28", "2026-03-27", "2006-10-28", "2024-04-25"]),
    st.lists(st.integers(0, 6 * 24 * 60), min_size=1, max_size=20),
)
def test_an_instant_is_of_the_day_that_has_begun_and_not_ended_whatever_was_asked_before(
    zone: ZoneInfo, near: str, minutes: list[int]
) -> None:
    for minute in minutes:
        at = utc(near) + timedelta(minutes=minute)
        day = local_date(at, zone)
        assert day_start(day, zone) <= at < day_start(day + timedelta(days=1), zone)
