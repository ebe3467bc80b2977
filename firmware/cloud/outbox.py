"""What must reach the cloud, in order, until the broker has acknowledged it.

In RAM so far: a restart loses what was not sent. When full, the oldest makes room and is counted.
"""

CAPACITY = 100


class Outbox:
    """Records are (topic suffix, payload bytes); seq numbers them without gaps."""

    def __init__(self, capacity: int = CAPACITY):
        self._records = []
        self._capacity = capacity
        self.seq = 0
        self.dropped = 0

    def __len__(self):
        return len(self._records)

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def append(self, suffix: str, payload: bytes):
        if len(self._records) >= self._capacity:
            self._records.pop(0)
            self.dropped += 1
        self._records.append((suffix, payload))

    def peek(self):
        """Return the oldest record, or None."""
        return self._records[0] if self._records else None

    def done(self, record):
        """The broker has this record. It may have made room for a newer one meanwhile."""
        if self._records and self._records[0] is record:
            self._records.pop(0)
