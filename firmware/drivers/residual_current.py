"""Residual current monitor with trip outputs for DC and AC and a test input (RDC-DD, IEC 62955).

The trip outputs also open the contactor in hardware; this driver only observes. Cost: two pin
reads, 20 us (estimated).
"""


class ResidualCurrent:
    """dc_pin, ac_pin: inputs, trip_level when tripped (ac_pin may be None). test_pin: output."""

    def __init__(self, dc_pin, ac_pin, test_pin, trip_level=1):
        self._dc = dc_pin
        self._ac = ac_pin
        self._test = test_pin
        self._trip_level = trip_level
        self.inject(0)

    def has_dc_trip(self) -> int:
        return 1 if self._dc() == self._trip_level else 0

    def has_ac_trip(self) -> int:
        if self._ac is None:
            return 0
        return 1 if self._ac() == self._trip_level else 0

    def inject(self, on: int):
        """Switch the test current. The caller times it and judges (state/residual_test.py)."""
        if self._test is not None:
            self._test(on)
