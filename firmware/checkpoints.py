"""Keeps the energy register up to date on flash, and erases ahead while nothing can be disturbed.

A checkpoint as soon as 3.5 Wh are not kept or, when erased room gets short, every minute; one when
a session or a charge begins, and one after it has ended. The meter window of 0.9 s at 22 kW holds
up to 5.5 Wh that nobody has counted yet, a turn of the services 0.6: together less than 10 Wh.
"""

import time

from storage.reading import Reading

STEP_WS = 12_600
LONGEST_MS = 60_000
QUIET_MS = 2_000  # after an opening, before an erase may stall the loop


class Checkpoints:
    """store: storage.flash_store.FlashStore. snapshot: exchange.Snapshot. book: SessionBook."""

    def __init__(self, store, snapshot, book):
        self._store = store
        self._snapshot = snapshot
        self._book = book
        self._now = Reading()
        self._kept_ms = None
        self._closed_ms = None
        self.missed = 0  # checkpoints that found no erased room

    def poll(self, now_ms):
        register = self._store.register
        if register:
            self._now.take(self._snapshot)
            self._now.started_s = self._book.started_s
            if self._is_due(register, now_ms):
                self._kept_ms = now_ms
                self.missed += 0 if register.keep(self._now) else 1
        if self.is_quiet(now_ms):
            self._store.prepare()

    def _is_due(self, register, now_ms):
        if self._is_edge(self._now, register.last):
            return True
        gained_ws = self._now.total_ws() - register.last.total_ws()
        if gained_ws <= 0:
            return False
        if self.is_quiet(now_ms) or (gained_ws >= STEP_WS and not register.pace_s()):
            return True
        return self._kept_ms is None or time.ticks_diff(now_ms, self._kept_ms) >= LONGEST_MS

    def _is_edge(self, now, last):
        was, is_now = (last.session, last.cycles), (now.session, now.cycles)
        return was != is_now or last.started_s != now.started_s

    def is_quiet(self, now_ms) -> bool:
        """Return whether a flash write disturbs nothing: open, and not only just now."""
        if self._snapshot.contactor_command or self._snapshot.contactor_closed:
            self._closed_ms = now_ms
        return self._closed_ms is None or time.ticks_diff(now_ms, self._closed_ms) > QUIET_MS
