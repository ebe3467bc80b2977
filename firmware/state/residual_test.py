"""Prove before each session that the residual current monitor would still trip.

Inject the test current, see the trip; take it away, see it go. IEC 62955 leaves the times to the
maker: Bender wants a test before each charging process, Tinkerforge allows 30..1200 ms.
"""

from state.settings import Settings

WAITING, INJECTING, RELEASING, DONE = range(4)
LONG_MS = 60_000


class ResidualTest:
    """passed, failed: 0 or 1. running: 1 while the monitor's trips are ours, not a fault."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._held_ms = 0
        self.phase = WAITING
        self.passed = 0
        self.failed = 0
        self.running = 0
        self.forget()

    def forget(self):
        """Ask for a new test at the next chance."""
        self.phase = WAITING
        self._held_ms = 0
        self.running = 0
        self.failed = 0
        self.passed = 0 if self._settings.has_residual_test else 1

    def step(self, due: int, tripped: int, elapsed_ms: int):
        """due: 1 when a test may start now (car connected, contactor open)."""
        self._held_ms = min(self._held_ms + elapsed_ms, LONG_MS)
        if self.phase == WAITING:
            if due and not self.passed and not tripped:
                self._enter(INJECTING)
        elif self.phase == INJECTING:
            if tripped:
                self._enter(RELEASING)
            elif self._held_ms > self._settings.residual_answer_ms:
                self._end(0)
        elif self.phase == RELEASING:
            if not tripped:
                self._end(1)
            elif self._held_ms > self._settings.residual_clear_ms:
                self._end(0)

    def injects(self) -> int:
        return 1 if self.phase == INJECTING else 0

    def _enter(self, phase):
        self.phase = phase
        self._held_ms = 0
        self.running = 1

    def _end(self, passed):
        self.phase = DONE
        self.running = 0
        self.passed = passed
        self.failed = 1 - passed
