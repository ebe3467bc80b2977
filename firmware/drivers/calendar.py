"""The chip's own clock, by which the TLS library judges certificates."""

import time

from micropython import const

_FROM_1970_S = const(946_684_800)  # the board counts from 2000


class Calendar:
    """rtc: machine.RTC."""

    def __init__(self, rtc):
        self._rtc = rtc
        self._epoch_s = _FROM_1970_S if time.gmtime(0)[0] == 2_000 else 0

    def set(self, unix_s: int):
        """Set the chip's clock to a Unix time."""
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_s - self._epoch_s)[
            :8
        ]
        self._rtc.datetime((year, month, day, weekday, hour, minute, second, 0))
