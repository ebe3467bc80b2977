"""The chip's own clock, by which the TLS library judges certificates."""

import utc


class Calendar:
    """rtc: machine.RTC."""

    def __init__(self, rtc):
        self._rtc = rtc

    def set(self, unix_s: int):
        """Set the chip's clock to a Unix time."""
        year, month, day, hour, minute, second, weekday = utc.date(unix_s)
        self._rtc.datetime((year, month, day, weekday, hour, minute, second, 0))
