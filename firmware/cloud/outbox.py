"""What must reach the cloud, in order, until the broker has acknowledged it.

With a journal a record is sent only after it was written there, so whatever the cloud has seen the
box knows of after a power cut, and numbers go on without a gap. While no erased room is left the
records wait in RAM. Without a journal RAM is all there is; when full, the oldest makes room.
"""

from micropython import const

from storage.journal import DRAFT, EVENT, LONGEST, MARK, SESSION

_CAPACITY = const(100)
TOPICS = {EVENT: "event", SESSION: "session"}
KINDS = {"event": EVENT, "session": SESSION, "mark": MARK, "draft": DRAFT}
_NEVER_SENT = const(("mark", "draft"))


class Outbox:
    """Records are (topic suffix, payload bytes, place); seq numbers them without gaps.

    journal: storage.journal.Journal, or None.
    """

    def __init__(self, journal=None, capacity: int = _CAPACITY):
        self._journal = journal
        self._waiting = []
        self._capacity = capacity
        self._dropped = 0
        self._peeked = None
        self.seq = journal.seq if journal else 0

    def __len__(self):
        """Return at least how many records wait: those on flash count as one."""
        on_flash = 1 if self._journal and self.peek() else 0
        return on_flash + len(self._waiting)

    @property
    def dropped(self):
        """How many records made room before they were sent."""
        return self._dropped + (self._journal.dropped if self._journal else 0)

    def is_crowded(self) -> bool:
        """Return whether so many records wait in RAM that soon the oldest must make room."""
        return len(self._waiting) * 2 > self._capacity

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def append(self, suffix: str, payload: bytes):
        """suffix: one of KINDS; marks and drafts are kept but never sent."""
        if len(payload) > LONGEST:
            self._dropped += 1
            return
        record = (suffix, payload, self.seq)
        if self._waiting or not self._write(record):
            self._wait(record)

    def settle(self):
        """Write what waits in RAM as far as there is room for it."""
        while self._journal and self._waiting and self._write(self._waiting[0]):
            self._waiting.pop(0)

    def peek(self):
        """Return the oldest record, or None."""
        if not self._journal:
            return self._waiting[0] if self._waiting else None
        if self._peeked is None:
            found = self._journal.peek()
            if found:
                kind, payload, place = found
                self._peeked = (TOPICS[kind], payload, place)
        return self._peeked

    def done(self, record):
        """The broker has this record. It may have made room for a newer one meanwhile."""
        if self._journal:
            self._peeked = None
            self._journal.done(record[2])
        elif self._waiting and self._waiting[0] is record:
            self._waiting.pop(0)

    def _write(self, record):
        suffix, payload, seq = record
        return self._journal and self._journal.append(KINDS[suffix], payload, seq)

    def _wait(self, record):
        if record[0] in _NEVER_SENT and not self._journal:
            return
        if len(self._waiting) >= self._capacity:
            self._waiting.pop(0)
            self._dropped += 1
        self._waiting.append(record)
