"""When the owner wants to charge: windows of the local clock, as one line of text.

    22:00-06:00                     every night
    mo-fr 22:00-06:00; sa,su 00:00-24:00

A window belongs to the day on which it begins. It is judged by what the clock on the wall shows:
an hour that summer time skips does not come, one that it repeats comes twice. Pure.
"""

from micropython import const

from energy.time_zone import DAY_S, EPOCH_WEEKDAY

DAYS = ("su", "mo", "tu", "we", "th", "fr", "sa")
_EVERY_DAY = const(0x7F)
_DAY_MIN = const(1_440)
MOST_WINDOWS = 14


class Schedule:
    """text: windows with ; between them, empty for always. Raises ValueError with one sentence."""

    def __init__(self, text: str):
        parts = [part.strip() for part in text.split(";")] if text.strip() else []
        if len(parts) > MOST_WINDOWS:
            raise ValueError("schedule: %d windows, at most %d" % (len(parts), MOST_WINDOWS))
        self._windows = [window(part) for part in parts]

    def is_empty(self) -> bool:
        return not self._windows

    def allows(self, local_s: int) -> bool:
        """local_s: a Unix time to which the zone's offset was added."""
        day = (local_s // DAY_S + EPOCH_WEEKDAY) % 7
        minute = local_s % DAY_S // 60
        for days, begins, ends in self._windows:
            if days >> day & 1 and begins <= minute and (minute < ends or ends <= begins):
                return True
            if ends <= begins and days >> (day - 1) % 7 & 1 and minute < ends:
                return True
        return not self._windows


def window(text: str):
    """Return (days as bits from Sunday, first minute, minute after the last)."""
    words = text.lower().split()
    if len(words) not in (1, 2) or "-" not in words[-1]:
        raise ValueError("schedule: %r is not like 'mo-fr 22:00-06:00'" % text)
    begins, ends = [_minute(text, part) for part in words[-1].split("-", 1)]
    if begins == _DAY_MIN:
        raise ValueError("schedule: %r begins after its day" % text)
    return _days(text, words[0]) if len(words) == 2 else _EVERY_DAY, begins, ends


def _days(text, word):
    """mo, mo-fr, sa,su."""
    bits = 0
    for part in word.split(","):
        names = part.split("-")
        if len(names) > 2 or any(name not in DAYS for name in names):
            raise ValueError("schedule: %r in %r is no day of %s" % (part, text, " ".join(DAYS)))
        day, last = DAYS.index(names[0]), DAYS.index(names[-1])
        bits |= 1 << day
        while day != last:
            day = (day + 1) % 7
            bits |= 1 << day
    return bits


def _minute(text, word):
    hours, colon, minutes = word.partition(":")
    if colon and hours.isdigit() and minutes.isdigit() and len(minutes) == 2:
        minute = int(hours) * 60 + int(minutes)
        if int(minutes) < 60 and minute <= _DAY_MIN:
            return minute
    raise ValueError("schedule: %r in %r is no time from 00:00 to 24:00" % (word, text))
