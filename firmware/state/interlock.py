"""A second judge: may the contactor be closed in this very tick?

It looks at the evidence itself and not at the state machine's opinion, and can only take
permission away. The independent guard on the board's second processor will mirror this file.
"""

from state import pilot
from state.charging import BACKSTOP_MS, holding, lock_lost
from state.duty import MINIMUM_DA, STEADY_BP


def permits(k) -> int:
    """Return 1 if nothing speaks against a closed contactor."""
    return 1 if _car_asks(k) and _circuit_is_sound(k) and _current_is_offered(k) else 0


def _car_asks(k):
    letter = k.pilot.letter
    return letter == pilot.C or (letter == pilot.D and k.settings.ventilated) or holding(k)


def _circuit_is_sound(k):
    sound = k.pilot.diode_proven and not k.protection.opening and k.residual_test.passed
    return sound and not lock_lost(k)


def _current_is_offered(k):
    """A running offer, or the 6 s that a car has to answer the end of one (seq. 10.2)."""
    if k.duty.is_pwm():
        return k.duty.signalled_da >= MINIMUM_DA
    return k.duty.bp == STEADY_BP and k.duty.since_ms <= BACKSTOP_MS
