"""Hot boxes offer less before they stop: steps of the rating over the temperature inside.

OpenEVSE: half at 65 C, a quarter at 68 C, stop at 71 C, whole again at 62 C.
"""

from micropython import const

STOP_DC = 710
COOL_DC = 620
STEPS = ((680, 25), (650, 50))  # tenths of a degree, percent of the rating
_COLDEST_DC = const(-340)  # boxes are for -25 C; the ESP32 reads a cut wire as 142 mV, -35.8 C
_HOTTEST_DC = const(1_240)  # a reading outside is the sensor's end, not the weather


def is_implausible(temperature_dc: int) -> bool:
    """Return whether no sensor in a working circuit would show this."""
    return not _COLDEST_DC <= temperature_dc <= _HOTTEST_DC


class Derating:
    """percent: of the rating that may be offered; it rises again only below COOL_DC."""

    def __init__(self):
        self.percent = 100

    def step(self, temperature_dc: int, rating_da: int, least_da: int) -> int:
        """Return the limit in 0.1 A, from rating_da to least_da; what cannot be is no reading."""
        if is_implausible(temperature_dc):
            temperature_dc = COOL_DC
        if temperature_dc < COOL_DC:
            self.percent = 100
        for from_dc, percent in STEPS:
            if temperature_dc >= from_dc:
                self.percent = min(self.percent, percent)
        return max(rating_da * self.percent // 100, least_da)
