"""Keeps the energy register up to date on flash, and erases ahead while nothing can be disturbed.

A checkpoint as soon as 3 Wh are not kept or, when erased room gets short, every minute; one when
a session or a charge begins, and one after it has ended; one when a weld is found or ended, and
at most one a minute for what remote parties ask. The meter window of 0.9 s at 22 kW holds
up to 5.5 Wh more that nobody has counted yet, a turn of the services 0.6: less than 10 Wh.
"""

import time

from exchange import WELD
from micropython import const

from state.pilot import C, D
from storage.reading import Reading

STEP_WS = 10_800
LONGEST_MS = 60_000
_QUIET_MS = const(2_000)  # after an opening, before an erase may stall the loop
ERASE_MS = 500  # at least, from one erase to the next
_SHARE = const(10)  # and as many times as long as the last one stalled the loop


class Checkpoints:
    """store: storage.flash_store.FlashStore. snapshot: exchange.Snapshot. book: SessionBook.

    missed: checkpoints that found no erased room.
    """

    def __init__(self, store, snapshot, book):
        self._store = store
        self._snapshot = snapshot
        self._book = book
        self._now = Reading()
        self._kept_ms = None
        self._asked_ms = None  # when a wish that came or went was kept
        self._closed_ms = None
        self._polled_ms = 0
        self._erased_ms = None
        self._pause_ms = 0
        self.missed = 0

    def poll(self, now_ms):
        """Keep what is due, erase one sector where that can be. Return new trouble, or None."""
        self._polled_ms = now_ms
        if self._snapshot.contactor_command or self._snapshot.contactor_closed:
            self._closed_ms = now_ms
        register = self._store.register
        if register and self._take() and self._is_due(register, now_ms):
            self._kept_ms = now_ms
            self.missed += 0 if register.keep(self._now) else 1
        if self.may_erase() and self._is_rested(now_ms):
            self._erase(now_ms)
        return self._store.trouble(self.missed)

    def keep(self):
        """Keep the reading now: a session has begun, and its number must never be used again."""
        if self._store.register and self._take():
            self.missed += 0 if self._store.register.keep(self._now) else 1

    def may_erase(self) -> bool:
        """Return whether the loop may stand still for 400 ms.

        In C and D it may not, even with the contactor open: from elsewhere a closing is at least
        half a second of C away, so that it cannot come between this answer and the erase.
        """
        return self._snapshot.letter not in (C, D) and self._is_quiet()

    def _is_rested(self, now_ms):
        """Return whether the loop had its nine tenths of the time since the last erase."""
        if self._erased_ms is None:
            return True
        return time.ticks_diff(now_ms, self._erased_ms) >= self._pause_ms

    def _erase(self, now_ms):
        since_ms = time.ticks_ms()
        if self._store.prepare():
            stalled_ms = time.ticks_diff(time.ticks_ms(), since_ms)
            self._erased_ms, self._pause_ms = now_ms, max(stalled_ms * _SHARE, ERASE_MS)

    def _take(self) -> bool:
        """Copy the snapshot; the session as far as it was told. Return False if it is behind."""
        self._now.take(self._snapshot)
        told = self._book.number
        if told and self._now.session not in (0, told):
            return False  # the next has begun already: wait until this one's end is told
        self._now.session = told or self._now.session
        self._now.started_s = self._book.started_s
        return True

    def _is_due(self, register, now_ms):
        if self._is_edge(self._now, register.last) or self._is_wish(register.last, now_ms):
            return True
        gained_ws = self._now.total_ws() - register.last.total_ws()
        if gained_ws <= 0:
            return False
        if self._is_quiet() or (gained_ws >= STEP_WS and not register.pace_s()):
            return True
        return self._kept_ms is None or time.ticks_diff(now_ms, self._kept_ms) >= LONGEST_MS

    def _is_edge(self, now, last):
        was, is_now = (last.session, last.cycles), (now.session, now.cycles)
        is_weld_news = (last.kept ^ now.kept) & WELD
        return was != is_now or last.started_s != now.started_s or is_weld_news

    def _is_wish(self, last, now_ms):
        if self._now.kept == last.kept:
            return False
        asked_ms = self._asked_ms
        if asked_ms is not None and time.ticks_diff(now_ms, asked_ms) < LONGEST_MS:
            return False
        self._asked_ms = now_ms
        return True

    def _is_quiet(self):
        if self._closed_ms is None:
            return True
        return time.ticks_diff(self._polled_ms, self._closed_ms) > _QUIET_MS
