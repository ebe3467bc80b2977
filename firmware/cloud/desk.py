"""What commands work on, and what they have begun: a test, a blinking light, a restart."""

import time

from micropython import const

from cloud.commands import RESETS, RESETS_MS
from cloud.rate import Rate

TEST_MS = 10_000  # until a self-test that was asked for counts as not done
BLINK_MS = 10_000
_BLINKS_MS = const(250)
_COLOURS = const((0, 2))  # of the light, in turns
REPLIED_MS = 2_000  # the reply goes out before the restart
_LONG_MS = const(600_000)


class Desk:
    """One attribute a part. journal: None without one. reset: starts the chip anew.

    has_lock, has_monitor_test: of the board. now_ms: of the command being carried out.
    """

    def __init__(self, config, snapshot, requests, permission, journal, reset):
        self.config = config
        self.snapshot = snapshot
        self.requests = requests
        self.permission = permission
        self.journal = journal
        self.has_lock = 0
        self.has_monitor_test = 0
        self.resets = Rate(RESETS, RESETS_MS // RESETS)
        self.now_ms = 0
        self._reset = reset
        self._started_ms = None
        self._age_ms = 0
        self._tests_before = None
        self._test_ms = 0
        self._blink_ms = None
        self._restart_ms = None

    def age_ms(self) -> int:
        """Return the time since the first poll, at most _LONG_MS."""
        return self._age_ms

    def begin_test(self):
        """The outcome is poll's. Raises ValueError while one is under way."""
        if self._tests_before is not None:
            raise ValueError("selftest: one is under way")
        self._tests_before = self.snapshot.tests_ended
        self._test_ms = self.now_ms

    def is_testing(self) -> bool:
        return self._tests_before is not None

    def begin_blinking(self):
        self._blink_ms = self.now_ms

    def begin_restart(self):
        self.requests.restarting = 1  # nothing closes from here on
        self._restart_ms = self.now_ms

    def poll(self, now_ms):
        """Go on with what was begun. Return "" or a sentence when a test has ended, or None."""
        if self._started_ms is None:
            self._started_ms = now_ms
        if self._age_ms < _LONG_MS:
            self._age_ms = time.ticks_diff(now_ms, self._started_ms)
        if self._blink_ms is not None:
            self._blink(time.ticks_diff(now_ms, self._blink_ms))
        outcome = self._outcome(now_ms) if self.is_testing() else None
        if self._restart_ms is not None:
            self._restart(time.ticks_diff(now_ms, self._restart_ms))
        return outcome

    def _outcome(self, now_ms):
        if self.snapshot.tests_ended != self._tests_before:
            self._tests_before = None
            return "" if self.snapshot.test_passed else "selftest: the monitor failed"
        if time.ticks_diff(now_ms, self._test_ms) >= TEST_MS:
            self._tests_before = None
            return "selftest: not done, the monitor trips or the contactor has closed"
        return None

    def _blink(self, spent_ms):
        if spent_ms >= BLINK_MS:
            self._blink_ms = None
            self.requests.lamp = -1
        else:
            self.requests.lamp = _COLOURS[spent_ms // _BLINKS_MS % 2]

    def _restart(self, spent_ms):
        snapshot = self.snapshot
        if spent_ms < REPLIED_MS or snapshot.contactor_command or snapshot.contactor_closed:
            return
        self._reset()
