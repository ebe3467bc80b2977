"""After a crash: count it, keep what must not be lost, and come back in stages.

From the first crash the box waits half a minute before it offers (state/faults.py, `restarted`);
from NO_CLOUD on it runs without the cloud, which may be what broke it; from faults.CRASHES on it
stays in F. Ten minutes without a crash forgive all. The energy register survives every stage.
"""

import time

NO_CLOUD = 3
HEALTHY_MS = 600_000
KEEP_MS = 1_000


class Recovery:
    """crashes: abnormal restarts in a row, this one included.

    memory: storage.reset_memory.ResetMemory. crashed: "watchdog" or "panic", as slots.crash()
    found at this start, "" after an ordinary one.
    """

    def __init__(self, memory, crashed: str):
        self._memory = memory
        self._crashed = crashed
        self._kept_ms = None
        self._started_ms = None
        memory.crashes += 1 if crashed else 0
        memory.running = True
        memory.keep()

    def rest(self):
        """Call before a reset that was ordered: it will not count as a crash."""
        self._memory.running = False
        self._memory.keep()

    @property
    def crashes(self):
        return self._memory.crashes

    def report(self):
        """Return the event of this restart, once; None after an ordinary start."""
        if not self._crashed:
            return None
        cause, self._crashed = self._crashed, ""
        why, self._memory.why = self._memory.why, ""
        self._memory.keep()
        return {"event": "restarted", "cause": cause, "crashes": self.crashes, "why": why}

    def allows_cloud(self) -> bool:
        return self.crashes < NO_CLOUD

    def poll(self, now_ms, snapshot, failure):
        """Keep the register; note what the loop died of; forgive after a healthy while."""
        if self._started_ms is None:
            self._started_ms = now_ms
        if failure is not None and not self._memory.why:
            self._memory.why = repr(failure)
        if self._kept_ms is not None and time.ticks_diff(now_ms, self._kept_ms) < KEEP_MS:
            return
        self._kept_ms = now_ms
        if self.crashes and time.ticks_diff(now_ms, self._started_ms) >= HEALTHY_MS:
            self._memory.crashes = 0
        self._memory.reading.take(snapshot)
        self._memory.keep()
