"""What happened, as a ring of integer records: the core writes, one service reads.

The core's side allocates nothing: a record's place is reused when the ring comes round.
If the reader falls a whole ring behind, the oldest records are lost and counted in `lost`.
"""

from micropython import const

STATE, CONTACTOR, FAULT, FAULT_CLEARED, OFFER, SESSION_STARTED, SESSION_ENDED, WAKE = range(8)
NAMES = (
    "state",
    "contactor",
    "fault",
    "fault_cleared",
    "offer",
    "session_started",
    "session_ended",
    "wake",
)
RING = 32


# of a record: its code, a to e, its time
_AT_MS = const(6)
_WIDTH = const(7)


class Event:
    """code: one of the constants above; a..e: integers whose meaning topics.py spells out.

    at_ms: ticks_ms of the tick it happened in, stamped by control.py.
    """

    def __init__(self):
        self.code = self.a = self.b = self.c = self.d = self.e = self.at_ms = 0


class Events:
    def __init__(self):
        self._ring = [0] * (RING * _WIDTH)
        self._shown = Event()
        self.written = 0
        self.read = 0
        self.stamped = 0
        self.lost = 0

    def emit(self, code: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0, e: int = 0):
        ring, at = self._ring, self.written % RING * _WIDTH
        ring[at] = code
        ring[at + 1] = a
        ring[at + 2] = b
        ring[at + 3] = c
        ring[at + 4] = d
        ring[at + 5] = e
        self.written += 1

    def stamp(self, at_ms: int):
        """Give every event written since the last call its time."""
        while self.stamped != self.written:
            self._ring[self.stamped % RING * _WIDTH + _AT_MS] = at_ms
            self.stamped += 1

    def next(self) -> "Event | None":
        """Return the oldest unread event, or None. Copy what you keep: the object is reused."""
        if self.stamped - self.read > RING:
            self.lost += self.stamped - self.read - RING
            self.read = self.stamped - RING
        if self.read == self.stamped:
            return None
        self.read += 1
        return self._show(self.read - 1, self._shown)

    def last(self, back: int) -> Event:
        """Return the event `back` places from the end, 1 the newest, read or not; at most RING."""
        return self._show(self.stamped - back, Event())

    def _show(self, number, event):
        at = number % RING * _WIDTH
        event.code, event.a, event.b, event.c, event.d, event.e, event.at_ms = self._ring[
            at : at + _WIDTH
        ]
        return event
