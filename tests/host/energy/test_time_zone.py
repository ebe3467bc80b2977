"""Local time against the C library's own reading of the same rules, hour by hour at the edges."""

import calendar
import os
import time

import pytest

from energy.time_zone import TimeZone, new_year, year_of

RULES = (
    "UTC0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "GMT0BST,M3.5.0/1,M10.5.0",
    "EST5EDT,M3.2.0,M11.1.0",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",  # summer over the new year
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",  # half an hour of summer: Lord Howe
    "IST-1GMT0,M10.5.0,M3.5.0/1",  # Ireland: winter is the exception
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",  # a change on the day before: Nuuk
    "<+0545>-5:45",
    "XXX-3YYY,J60/0,J300/24",
    "XXX3YYY,59/0,300/12:30:15",
)
YEARS = (2026, 2027, 2028, 2032, 2099)


@pytest.fixture
def in_zone():
    """Yield a function that lets the C library take over a rule."""
    before = os.environ.get("TZ")

    def set_zone(rule):
        os.environ["TZ"] = rule
        time.tzset()

    yield set_zone
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def edges(year):
    """Yield moments: every half hour round each week of a year, and each second round a change."""
    start = calendar.timegm((year, 1, 1, 0, 0, 0))
    for at in range(start - 86_400, start + 367 * 86_400, 1_800):
        yield at
        yield at - 1


@pytest.mark.parametrize("rule", RULES)
def test_the_offset_is_the_c_librarys(rule, in_zone):
    in_zone(rule)
    zone = TimeZone(rule)
    for year in YEARS[:: 1 if rule in RULES[:2] else 2]:
        for at in edges(year):
            assert zone.offset_s(at) == time.localtime(at).tm_gmtoff, (rule, at)


@pytest.mark.parametrize(
    "year", [1970, 1999, 2000, 2001, 2026, 2027, 2028, 2029, 2099, 2100, 2101]
)
def test_the_year_turns_at_its_second(year):
    start = calendar.timegm((year, 1, 1, 0, 0, 0))
    assert new_year(year) * 86_400 == start
    assert [year_of(start), year_of(start - 1)] == [year, year - 1] or year == 1970


@pytest.mark.parametrize(
    "rule, said",
    [
        ("", "'' is not a name"),
        ("CE-1", "'CE-1' is not a name"),
        ("<CE-1", "'<CE-1' is not a name"),
        ("CET", "'' is not a number from 0 to 24"),
        ("CET-25", "'25' is not a number from 0 to 24"),
        ("CET-1:60", "'60' is not a number from 0 to 59"),
        ("CET-1CEST", "'' is not , and a date"),
        ("CET-1CEST,M3.5.0", "'' is not , and a date"),
        ("CET-1CEST,M13.5.0,M10.5.0", "'13.5.0,M10.5.0' is not a number from 1 to 12"),
        ("CET-1CEST,M3.6.0,M10.5.0", "from 1 to 5"),
        ("CET-1CEST,M3.5.7,M10.5.0", "from 0 to 6"),
        ("CET-1CEST,M3-5.0,M10.5.0", "is not . and a number"),
        ("CET-1CEST,J0,J5", "from 1 to 365"),
        ("CET-1CEST,366,5", "from 0 to 365"),
        ("CET-1CEST,M3.5.0/168,M10.5.0", "from 0 to 167"),
        ("CET-1CEST,M3.5.0,M10.5.0/3x", "'x' is not nothing more"),
        ("Europe/Berlin", "'/Berlin' is not a number"),
    ],
)
def test_what_is_no_rule_is_told_in_a_sentence(rule, said):
    with pytest.raises(ValueError, match="^time zone ") as wrong:
        TimeZone(rule)
    assert said in str(wrong.value)
