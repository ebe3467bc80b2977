"""Amperes to duty cycle (IEC 61851-1:2017 table A.7) and when it may change (table A.6 seq. 6)."""

from micropython import const

MINIMUM_DA = 60  # below 6 A nothing is offered: x1, never a duty under 10 %
MAXIMUM_DA = 800
STEADY_BP = 10_000
NEGATIVE_BP = 0
CHANGE_MS = 5_000  # least time between two changes of a running duty
FOLLOW_MS = 7_000  # with the 5 s of a hard over-current: 5 s to follow (seq. 6), 6 s to ramp
_LONG_MS = const(60_000)

STEADY, PWM, NEGATIVE = range(3)


def duty_bp(current_da: int) -> int:
    """Return the duty for current_da (60..800) in 1/100 %, rounded down: never above it.

    6..51 A: 0.6 A per percent. 52.5..80 A: 2.5 A per percent above 64. Between them the two laws
    contradict each other and the lower one is held, as EVerest does.
    """
    if current_da <= 510:
        return current_da * 50 // 3
    return max(8_500, min(current_da, MAXIMUM_DA) * 4 + 6_400)


class Duty:
    """What the pilot is told to do. bp: the duty in force; since_ms: how long it has been.

    signalled_da: the current it stands for. allowed_da: what a car may still draw: a lower offer
    counts when it has been signalled for FOLLOW_MS or a newer one replaces it, which is after 5 s
    at least; the end of an offer is seq. 10's.
    """

    def __init__(self):
        self.bp = STEADY_BP
        self.since_ms = 0  # a car found at power-on sees x1 for its 3 s
        self.changed_ms = _LONG_MS  # since one running duty replaced another
        self.signalled_da = 0
        self.allowed_da = 0

    def age(self, elapsed_ms: int):
        """Let time pass over what is being driven."""
        self.since_ms = min(self.since_ms + elapsed_ms, _LONG_MS)
        self.changed_ms = min(self.changed_ms + elapsed_ms, _LONG_MS)
        if self.changed_ms >= FOLLOW_MS and self.signalled_da:
            self.allowed_da = self.signalled_da

    def drive(self, mode: int, offer_da: int):
        """Drive the mode; in PWM follow the offer, but not more often than CHANGE_MS."""
        if mode == PWM:
            self._follow(offer_da)
        else:
            self.signalled_da = 0
            self._set(STEADY_BP if mode == STEADY else NEGATIVE_BP)

    def is_pwm(self) -> int:
        return 1 if NEGATIVE_BP < self.bp < STEADY_BP else 0

    def _follow(self, offer_da):
        running = self.is_pwm()
        if offer_da < MINIMUM_DA or (running and self.since_ms < CHANGE_MS):
            return
        bp = duty_bp(offer_da)
        if not running:
            self.allowed_da = offer_da
        elif bp != self.bp:
            self.allowed_da = max(offer_da, self.signalled_da)
            self.changed_ms = 0
        self.signalled_da = offer_da
        self._set(bp)

    def _set(self, bp):
        if bp != self.bp:
            self.bp = bp
            self.since_ms = 0
