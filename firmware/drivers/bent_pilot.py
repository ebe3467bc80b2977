"""A control pilot whose input is not one straight line: pilot volts by points of the converter.

For boards that use the bend of the ESP32's converter above 2.45 V, or a divider with diodes.
"""

from drivers.control_pilot import RAIL_MV, ControlPilot


class BentPilot(ControlPilot):
    """points: ((uV read, mV at the pilot), ...), rising; beyond the ends their lines go on.

    zero_uv and gain_permille describe the straight part, where the middle between plateaus lies.
    """

    def __init__(self, points, pwm, adc, zero_uv, gain_permille, ticks_us, duty_bits, trust_mv):
        self._points = points
        self._shift_mv = 0
        self._scale_permille = 1_000
        super().__init__(pwm, adc, zero_uv, gain_permille, ticks_us, duty_bits, trust_mv)

    def calibrate(self, plus_uv: int, minus_uv: int):
        """As ControlPilot.calibrate: a shift and a scale over the points."""
        self._check_rails(plus_uv, minus_uv)
        plus_mv, minus_mv = self._nominal_mv(plus_uv), self._nominal_mv(minus_uv)
        self._scale_permille = 2 * RAIL_MV * 1_000 // (plus_mv - minus_mv)
        self._shift_mv = (plus_mv + minus_mv) // 2

    def _millivolts(self, uv):
        return (self._nominal_mv(uv) - self._shift_mv) * self._scale_permille // 1_000

    def _nominal_mv(self, uv):
        points = self._points
        k = 1
        while k < len(points) - 1 and uv > points[k][0]:
            k += 1
        from_uv, from_mv = points[k - 1]
        to_uv, to_mv = points[k]
        return from_mv + (uv - from_uv) // 100 * (to_mv - from_mv) // ((to_uv - from_uv) // 100)
