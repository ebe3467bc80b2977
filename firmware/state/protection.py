"""Runs the table of faults: raises what lasted too long, ends what may end, sums up."""

from micropython import const

from state.faults import (
    ACTION,
    ENDING,
    ENDLESS,
    FAULTS,
    GONE,
    LASTS,
    NOTE,
    OPEN,
    SHUT_DOWN,
    UNPLUG,
)
from state.pilot import SEEN_MS
from state.session import FALSE_A_MS

_LONG_MS = const(60_000)
CHECKS = tuple(row[1] for row in FAULTS)
STOPS = tuple(1 if row[ACTION] != NOTE else 0 for row in FAULTS)
OPENS = tuple(1 if row[ACTION] in (OPEN, SHUT_DOWN) else 0 for row in FAULTS)


class Protection:
    """faults: bits in force, at first those that a restart did not end.

    opening: 1 if one of them forbids a closed contactor now. stopping: 1 if one forbids an offer.
    unavailable: 1 if the box must stay in F.
    busy: 1 while anything is in force or building up; a quiet box is spared the book-keeping.
    built_ms: how long the newest one lasted before it was raised.
    """

    def __init__(self, faults: int = 0):
        count = len(FAULTS)
        self.faults = faults
        self.built_ms = 0
        self._held_ms = [0] * count
        self._gone_ms = [0] * count
        self._raised = [0] * count  # times in this plug-in
        self._sum_up()

    def has(self, row: int) -> int:
        return (self.faults >> row) & 1

    def step(self, k, reset: bool, elapsed_ms: int):
        """Run every check. reset: whether someone asked to clear in this tick."""
        row = 0
        quiet = not self.busy
        for check in CHECKS:
            if check(k):
                self._seen(row, elapsed_ms)
            elif not quiet:
                self._absent(row, k.departed_ms >= FALSE_A_MS, reset, elapsed_ms)
            row += 1
        if self.busy:
            self._sum_up()

    def forgive(self):
        """A new plug-in, or a person's wish: every fault has its tries again."""
        for row in range(len(FAULTS)):
            self._raised[row] = 0

    def _seen(self, row, elapsed_ms):
        self.busy = 1
        self._gone_ms[row] = 0
        if self._held_ms[row] >= FAULTS[row][LASTS] and not self.has(row):
            self.faults |= 1 << row
            self.built_ms = self._held_ms[row]
            self._raised[row] = min(self._raised[row] + 1, ENDLESS)
        self._held_ms[row] = min(self._held_ms[row] + elapsed_ms, _LONG_MS)

    def _absent(self, row, unplugged, reset, elapsed_ms):
        self._held_ms[row] = 0
        seen_ms = min(elapsed_ms, SEEN_MS)
        self._gone_ms[row] = min(self._gone_ms[row] + seen_ms, _LONG_MS)
        ends, wait_ms, most = FAULTS[row][ENDING]
        if ends == GONE and self._raised[row] > most:
            ends = UNPLUG
        if (
            reset
            or (ends == UNPLUG and unplugged)
            or (ends == GONE and self._gone_ms[row] >= wait_ms)
        ):
            self.faults &= ~(1 << row)

    def _sum_up(self):
        self.opening = 0
        self.stopping = 0
        self.unavailable = 0
        self.busy = 1 if self.faults or max(self._held_ms) else 0
        for row in range(len(FAULTS)):
            if self.has(row):
                self.stopping |= STOPS[row]
                self.opening |= OPENS[row]
                self.unavailable |= FAULTS[row][ACTION] == SHUT_DOWN
