"""Prove before each session that the residual current monitor would still trip.

Inject the test current, see the trip; take it away, see it go. IEC 62955 leaves the times to the
maker: Bender wants a test before each charging process, Easee one in 24 h at least, Tinkerforge
allows 30..1200 ms. Only time that was seen counts, and a test with a gap in it is repeated.
"""

from micropython import const

from state.pilot import GAP_MS, SEEN_MS
from state.settings import Settings

WAITING, INJECTING, RELEASING, DONE = range(4)
_LONG_MS = const(60_000)
DAY_S = 86_400


class ResidualTest:
    """passed, failed: 0 or 1. running: 1 while the monitor's trips are ours, not a fault.

    stale: 1 while a test is owed, car or no car: a day has passed, or somebody asked.
    ended: how many tests have come to their end since the start, wraps. last_passed: how
        the last of them ended; stays when `passed` is taken back for the next car.
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self.stale = 0
        self.ended = 0
        self.last_passed = 0
        self._age_ms = 0
        self._age_s = 0
        self.forget()

    def forget(self):
        """Ask for a new test at the next chance."""
        self.phase = WAITING
        self._held_ms = 0
        self._gap = 0
        self.running = 0
        self.failed = 0
        self.passed = 0 if self._settings.has_residual_test else 1

    def ask(self):
        """Somebody wants to see a test now."""
        self.stale = self._settings.has_residual_test

    def step(self, due: int, tripped: int, elapsed_ms: int):
        """due: 1 when a test may start now (car connected, contactor open)."""
        self._pass(elapsed_ms)
        self._grow_old(elapsed_ms)
        if self.phase == WAITING:
            if due and not self.passed and not tripped:
                self._enter(INJECTING)
        elif self.phase == INJECTING:
            if tripped:
                self._enter(RELEASING)
            elif self._held_ms > self._settings.residual_answer_ms:
                self._end(0)
        elif self.phase == RELEASING:
            if not tripped and self._gap:
                self.forget()
            elif not tripped:
                self._end(1)
            elif self._held_ms > self._settings.residual_clear_ms:
                self._end(0)

    def _pass(self, elapsed_ms):
        self._held_ms = min(self._held_ms + min(elapsed_ms, SEEN_MS), _LONG_MS)
        if self.running and elapsed_ms > GAP_MS:
            self._gap = 1

    def _grow_old(self, elapsed_ms):
        self._age_ms += elapsed_ms
        while self._age_ms >= 1_000:
            self._age_ms -= 1_000
            self._age_s = min(self._age_s + 1, DAY_S)
        if self._age_s == DAY_S and self._settings.has_residual_test:
            self.stale = 1

    def injects(self) -> int:
        return 1 if self.phase == INJECTING else 0

    def _enter(self, phase):
        self.phase = phase
        self._held_ms = 0
        self.running = 1

    def _end(self, passed):
        self.phase = DONE
        self.running = 0
        self.stale = 0
        self._age_s = 0
        self.ended = (self.ended + 1) & 0xFFFF
        self.passed = passed
        self.last_passed = passed
        self.failed = 1 - passed
