"""Proximity contact: the cable's coding resistor under a pull-up.

Range 50..5000 ohm; beyond the pull-up's reach the reading saturates at _OPEN_OHM. Cost: one ADC
read, 35 us.
"""

from micropython import const

_OPEN_OHM = const(99_999)


class Proximity:
    """ohm: last measured resistance. adc: machine.ADC. pull_up_ohm to supply_mv on the board."""

    def __init__(self, adc, pull_up_ohm, supply_mv):
        self._adc = adc
        self._pull_up_ohm = pull_up_ohm
        self._supply_mv = supply_mv
        self.ohm = _OPEN_OHM

    def sample(self):
        mv = self._adc.read_uv() // 1_000
        rest_mv = self._supply_mv - mv
        if rest_mv <= 0:
            self.ohm = _OPEN_OHM
        else:
            self.ohm = min(self._pull_up_ohm * mv // rest_mv, _OPEN_OHM)
