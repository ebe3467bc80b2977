"""What happened, as a ring of integer records: the core writes, one service reads.

Nothing allocates after __init__: a record is reused when the ring comes round.
If the reader falls a whole ring behind, the oldest records are lost and counted in `lost`.
"""

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


class Event:
    """code: one of the constants above; a..e: integers whose meaning topics.py spells out."""

    def __init__(self):
        self.code = self.a = self.b = self.c = self.d = self.e = 0
        self.at_ms = 0  # ticks_ms of the tick it happened in, stamped by control.py


class Events:
    def __init__(self):
        self._ring = [Event() for _ in range(RING)]
        self.written = 0
        self.read = 0
        self.stamped = 0
        self.lost = 0

    def emit(self, code: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0, e: int = 0):
        event = self._ring[self.written % RING]
        event.code = code
        event.a = a
        event.b = b
        event.c = c
        event.d = d
        event.e = e
        self.written += 1

    def stamp(self, at_ms: int):
        """Give every event written since the last call its time."""
        while self.stamped != self.written:
            self._ring[self.stamped % RING].at_ms = at_ms
            self.stamped += 1

    def next(self) -> "Event | None":
        """Return the oldest unread event, or None. Copy what you keep: the record is reused."""
        if self.stamped - self.read > RING:
            self.lost += self.stamped - self.read - RING
            self.read = self.stamped - RING
        if self.read == self.stamped:
            return None
        event = self._ring[self.read % RING]
        self.read += 1
        return event

    def last(self, back: int) -> Event:
        """Return the event `back` places from the end, 1 the newest, read or not; at most RING."""
        return self._ring[(self.stamped - back) % RING]
