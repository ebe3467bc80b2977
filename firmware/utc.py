"""The date of a Unix time. A board counts from 2000 in 31 bits: its own gmtime() ends in 2068."""

import time

from micropython import const

_FROM_1970_S = const(946_684_800)
_CYCLE_YEARS = const(
    28
)  # dates and weekdays come again, as long as no leap year is left out: 2100
_CYCLE_S = const(883_612_800)
_LONGEST_S = const(0x3FFF_FFFF)  # a small integer, which every gmtime() takes
_EPOCH_S = _FROM_1970_S if time.gmtime(0)[0] == 2_000 else 0


def date(unix_s: int) -> tuple:
    """Return (year, month, day, hour, minute, second, weekday), Monday being 0; until 2099."""
    cycles, since_s = 0, unix_s - _EPOCH_S
    while since_s > _LONGEST_S:
        since_s -= _CYCLE_S
        cycles += 1
    found = time.gmtime(since_s)
    return (found[0] + cycles * _CYCLE_YEARS,) + tuple(found[1:7])
