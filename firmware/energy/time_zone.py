"""Local time from a POSIX TZ rule (POSIX.1-2017, 8.3), such as CET-1CEST,M3.5.0,M10.5.0/3.

Pure integers. The rule is all a box needs: no database of zones, and no library has one here.
"""

from micropython import const

DAY_S = 86_400
_HOUR_S = const(3_600)
EPOCH_WEEKDAY = 4  # 1970-01-01 was a Thursday; Sunday is 0
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CHANGE_S = const(2 * _HOUR_S)  # of a rule that names no time
_LONGEST_CHANGE_H = const(167)  # RFC 8536 3.3.1 lets a change lie that far from its day
_LATEST_H = const(24)


class TimeZone:
    """rule: the text. Raises ValueError with one sentence if it is none."""

    def __init__(self, rule: str):
        scan = _Scan(rule)
        scan.name()
        self._standard_s = -scan.time(_LATEST_H)
        self._summer_s = None
        if scan.rest:
            scan.name()
            self._summer_s = self._standard_s + _HOUR_S
            if scan.rest and scan.rest[0] != ",":
                self._summer_s = -scan.time(_LATEST_H)
            self._begins = scan.change()
            self._ends = scan.change()
        if scan.rest:
            raise scan.wrong("nothing more")

    def offset_s(self, unix_s: int) -> int:
        """Return what is to be added to a Unix time to read the local clock."""
        if self._summer_s is None:
            return self._standard_s
        year = year_of(unix_s + self._standard_s)
        begins_s = moment(year, self._begins) - self._standard_s
        ends_s = moment(year, self._ends) - self._summer_s
        if begins_s < ends_s:
            summer = begins_s <= unix_s < ends_s
        else:  # south of the equator summer holds over the new year
            summer = not ends_s <= unix_s < begins_s
        return self._summer_s if summer else self._standard_s


class _Scan:
    """Takes a rule apart from the left. rest: what is left of it."""

    def __init__(self, rule):
        self._rule = rule
        self.rest = rule

    def wrong(self, wanted):
        return ValueError("time zone %r: %r is not %s" % (self._rule, self.rest, wanted))

    def name(self):
        """Three letters or more, or anything in < >."""
        end = 0
        if self.rest[:1] == "<":
            end = self.rest.find(">") + 1
        else:
            while end < len(self.rest) and self.rest[end].isalpha():
                end += 1
        if end < 3:
            raise self.wrong("a name")
        self.rest = self.rest[end:]

    def number(self, lowest, highest):
        end = 0
        while end < len(self.rest) and self.rest[end].isdigit():
            end += 1
        if not end or not lowest <= int(self.rest[:end]) <= highest:
            raise self.wrong("a number from %d to %d" % (lowest, highest))
        value = int(self.rest[:end])
        self.rest = self.rest[end:]
        return value

    def takes(self, sign):
        if self.rest[:1] != sign:
            return False
        self.rest = self.rest[1:]
        return True

    def time(self, latest_h):
        """[+-]h[:m[:s]] in seconds."""
        sign = -1 if self.takes("-") else 1
        if sign > 0:
            self.takes("+")
        seconds = self.number(0, latest_h) * _HOUR_S
        if self.takes(":"):
            seconds += self.number(0, 59) * 60
            if self.takes(":"):
                seconds += self.number(0, 59)
        return sign * seconds

    def change(self):
        """,date[/time] as (kind, numbers, seconds)."""
        if not self.takes(","):
            raise self.wrong(", and a date")
        kind = self.rest[:1] if self.rest[:1] in ("M", "J") else ""
        self.rest = self.rest[len(kind) :]
        if kind == "M":
            numbers = [self.number(1, 12)]
            for lowest, highest in ((1, 5), (0, 6)):
                if not self.takes("."):
                    raise self.wrong(". and a number")
                numbers.append(self.number(lowest, highest))
        else:
            numbers = [self.number(1, 365) if kind else self.number(0, 365)]
        return kind, numbers, self.time(_LONGEST_CHANGE_H) if self.takes("/") else _CHANGE_S


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def new_year(year: int) -> int:
    """Return the days from 1970-01-01 to this year's first."""
    before = year - 1
    return (year - 1970) * 365 + before // 4 - before // 100 + before // 400 - 477


def year_of(local_s: int) -> int:
    days = local_s // DAY_S
    year = 1970 + days // 366
    while new_year(year + 1) <= days:
        year += 1
    return year


def moment(year: int, change) -> int:
    """Return what the local clock shows at a change, counted like a Unix time."""
    kind, numbers, seconds = change
    days = new_year(year)
    if kind == "M":
        days += _weekday_of_month(year, days, *numbers)
    elif kind == "J":  # the 29th of February is never counted
        days += numbers[0] - 1 + (1 if is_leap(year) and numbers[0] >= 60 else 0)
    else:
        days += numbers[0]
    return days * DAY_S + seconds


def _weekday_of_month(year, first_day, month, week, weekday):
    """Return the day of the year of the nth weekday of a month; the 5th is the last."""
    days = sum(MONTH_DAYS[: month - 1]) + (1 if month > 2 and is_leap(year) else 0)
    length = MONTH_DAYS[month - 1] + (1 if month == 2 and is_leap(year) else 0)
    ahead = (weekday - (first_day + days + EPOCH_WEEKDAY)) % 7 + (week - 1) * 7
    return days + (ahead if ahead < length else ahead - 7)
