"""Time a read of the pilot input and calibrate it against +12 V and -12 V, before the loop starts.

An ESP32's ADC may be 0.7 V off at the pilot, more than the margin between two states. The box
knows one truth: with nothing connected the plateau is the rail. The short -12 V is given only
after x1 has shown no car.
"""

from micropython import const

_SETTLE_MS = const(3)
_BURSTS = const(16)
_STEADY_BP = const(10_000)
_NEGATIVE_BP = const(0)
_NO_CAR_MV = const(11_400)  # more than B's 9.6 V plus the worst uncalibrated error


def against_rails(pilot, sleep_ms) -> bool:
    """Return whether the pilot was calibrated; on False the board's nominal scaling stays.

    pilot: drivers.control_pilot.ControlPilot in x1. sleep_ms: time.sleep_ms. Takes about 0.1 s.
    """
    pilot.pace()
    plus_uv = _mean_uv(pilot, sleep_ms)
    if pilot.high_mv < _NO_CAR_MV:
        return False
    pilot.drive(_NEGATIVE_BP)
    minus_uv = _mean_uv(pilot, sleep_ms)
    pilot.drive(_STEADY_BP)
    try:
        pilot.calibrate(plus_uv, minus_uv)
    except ValueError:
        return (
            False  # a rail out of tolerance is a fault to be judged in the loop, not scaled away
        )
    return True


def _mean_uv(pilot, sleep_ms):
    total = 0
    for _ in range(_BURSTS):
        sleep_ms(_SETTLE_MS)
        pilot.sample()
        total += pilot.high_uv
    return total // _BURSTS
