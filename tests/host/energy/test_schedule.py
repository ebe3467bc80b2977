"""Windows of the local clock: days, midnight, and the two nights on which the clock jumps."""

import calendar

import pytest

from energy.schedule import MOST_WINDOWS, Schedule
from energy.time_zone import TimeZone

BERLIN = TimeZone("CET-1CEST,M3.5.0,M10.5.0/3")


def at(day, hour, minute=0, month=11):
    """A local time in November 2026, whose 1st was a Sunday."""
    return calendar.timegm((2026, month, day, hour, minute, 0))


@pytest.mark.parametrize(
    "text, inside, outside",
    [
        ("", [at(1, 0), at(4, 12)], []),
        ("  ", [at(1, 0)], []),
        ("10:00-11:30", [at(1, 10), at(2, 11, 29)], [at(1, 9, 59), at(1, 11, 30), at(1, 0)]),
        ("22:00-06:00", [at(1, 22), at(2, 0), at(2, 5, 59)], [at(2, 6), at(1, 21, 59)]),
        ("00:00-24:00", [at(1, 0), at(1, 23, 59)], []),
        ("06:00-06:00", [at(1, 6), at(1, 5, 59)], []),  # round the clock
        ("mo 22:00-06:00", [at(2, 22), at(3, 5)], [at(2, 5), at(3, 22), at(1, 23)]),
        ("sa 22:00-06:00", [at(7, 22), at(8, 5)], [at(7, 5), at(8, 22)]),
        ("su 22:00-06:00", [at(1, 22), at(2, 5)], [at(1, 5), at(2, 22)]),
        ("mo-fr 10:00-11:00", [at(2, 10), at(6, 10)], [at(1, 10), at(7, 10)]),
        ("fr-mo 10:00-11:00", [at(6, 10), at(8, 10), at(9, 10)], [at(5, 10), at(10, 10)]),
        ("tu,th 10:00-11:00", [at(3, 10), at(5, 10)], [at(4, 10)]),
        ("MO 9:00-10:00 ; tu 11:00-12:00", [at(2, 9), at(3, 11)], [at(2, 11), at(3, 9)]),
    ],
)
def test_a_window_holds_from_its_first_minute_to_its_last(text, inside, outside):
    schedule = Schedule(text)
    assert [schedule.allows(moment) for moment in inside] == [True] * len(inside)
    assert [schedule.allows(moment) for moment in outside] == [False] * len(outside)


def minutes_allowed(text, first_utc, hours):
    schedule = Schedule(text)
    moments = range(first_utc, first_utc + hours * 3_600, 60)
    return sum(schedule.allows(moment + BERLIN.offset_s(moment)) for moment in moments)


@pytest.mark.parametrize(
    "text, ordinary, spring, autumn",
    [
        ("02:00-03:00", 60, 0, 120),  # the hour that is skipped, or comes twice
        ("22:00-06:00", 480, 420, 540),
        ("01:30-02:30", 60, 30, 90),
        ("03:00-04:00", 60, 60, 60),
    ],
)
def test_the_clock_on_the_wall_decides_in_the_nights_of_the_change(text, ordinary, spring, autumn):
    noon = 11 * 3_600
    for month, day, minutes in ((3, 20, ordinary), (3, 28, spring), (10, 24, autumn)):
        start = calendar.timegm((2026, month, day, 0, 0, 0)) + noon
        assert minutes_allowed(text, start, 24) == minutes, (month, day)


@pytest.mark.parametrize(
    "text, said",
    [
        ("night", "'night' is not like 'mo-fr 22:00-06:00'"),
        ("mo 22:00", "is not like"),
        ("mo fr 22:00-06:00", "is not like"),
        ("22:00-06:00;", "'' is not like"),
        ("xx 22:00-06:00", "'xx' in 'xx 22:00-06:00' is no day of su mo"),
        ("mo-tu-we 22:00-06:00", "is no day of"),
        ("22:60-06:00", "'22:60' in '22:60-06:00' is no time from 00:00 to 24:00"),
        ("22:00-24:01", "'24:01' in"),
        ("22-06", "'22' in '22-06' is no time"),
        ("22:0-06:00", "'22:0' in"),
        ("22:00-06:00-07:00", "'06:00-07:00' in"),
        ("24:00-06:00", "begins after its day"),
        ("-1:00-06:00", "'' in"),
        (";".join(["22:00-06:00"] * (MOST_WINDOWS + 1)), "15 windows, at most 14"),
    ],
)
def test_what_is_no_schedule_is_told_in_a_sentence(text, said):
    with pytest.raises(ValueError, match="^schedule: ") as wrong:
        Schedule(text)
    assert said in str(wrong.value)


def test_only_an_empty_schedule_is_empty():
    assert Schedule("").is_empty() and not Schedule("00:00-24:00").is_empty()
