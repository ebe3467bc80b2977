"""Dates until 2099, also where the machine's own gmtime() ends in 2068."""

import importlib
import time
from datetime import UTC, datetime

import pytest
import utc

FROM_1970_S = 946_684_800
MOMENTS = (
    0,
    951_782_400,
    1_800_007_261,
    3_094_168_447,
    3_094_168_448,
    4_080_000_000,
    4_102_444_799,
)


real_gmtime = time.gmtime


def gmtime_of_a_chip(since_s):
    if not -(2**31) <= since_s < 2**31:
        raise OverflowError("overflow converting long int to machine word")
    return real_gmtime(since_s + FROM_1970_S)[:8]


@pytest.fixture(params=["a chip", "a host"])
def date(request, monkeypatch):
    if request.param == "a chip":
        monkeypatch.setattr(utc.time, "gmtime", gmtime_of_a_chip, raising=True)
    yield importlib.reload(utc).date
    monkeypatch.undo()
    importlib.reload(utc)


@pytest.mark.parametrize("unix_s", MOMENTS)
def test_a_date_is_the_calendars(date, unix_s):
    when = datetime.fromtimestamp(unix_s, UTC)
    expected = (when.year, when.month, when.day, when.hour, when.minute, when.second)
    assert date(unix_s) == (*expected, when.weekday())


def test_every_day_of_the_century(date):
    for unix_s in range(1_767_225_600, 4_102_444_800, 86_400):
        when = datetime.fromtimestamp(unix_s, UTC)
        assert date(unix_s) == (when.year, when.month, when.day, 0, 0, 0, when.weekday())
