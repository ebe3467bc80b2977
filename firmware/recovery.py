"""After a crash or a start that failed: count it, keep what must not be lost, come back in stages.

A start that fails (no memory, no thread, any error or hang before the services' first turn) lets
the next one do without a part: one more of LEFT_OUT each time. When all of them are left out and
it fails still, nothing is loaded. From the first crash the box waits half a minute before it
offers (state/faults.py, `restarted`); from NO_CLOUD in a row it runs without the cloud, which may
be what broke it; from faults.CRASHES on it stays in F.

Ten minutes without a crash forgive all crashes. What is left out comes back when the box starts
anew by order (the command `restart`, console.restart()), after a power cut, and after a day. The
energy register survives every stage.
"""

import time

LEFT_OUT = ("Home Assistant", "updates", "the cloud")  # of stage 1; of stage 2 the first two
NO_HOME_ASSISTANT, NO_UPDATES, WITHOUT_CLOUD, NOTHING = 1, 2, 3, 4  # stages
NO_CLOUD = 3  # crashes
HEALTHY_MS = 600_000
KEEP_MS = 1_000
DAY_MS = 86_400_000


class Recovery:
    """crashes: abnormal restarts in a row, this one included. stage: of LEFT_OUT, or NOTHING.

    why: what the last run or start died of, "" if that is not known.

    memory: storage.reset_memory.ResetMemory. crashed: "watchdog" or "panic", as slots.crash()
    found at this start, "" after an ordinary one. on_trial: of an update; then a failed start is
    the update's end and no stage.
    """

    def __init__(self, memory, crashed: str, on_trial: bool = False):
        self.memory = memory
        self._cause = crashed or ("start" if memory.starting else "")
        self._kept_ms = None
        self._started_ms = None
        self._is_due = False
        memory.crashes += 1 if crashed else 0
        if memory.starting:
            memory.stage = min(memory.stage + 1, NOTHING)
        if memory.crashes >= NO_CLOUD:
            memory.stage = max(memory.stage, WITHOUT_CLOUD)
        self.stage = memory.stage
        self.why = memory.why
        memory.starting = not on_trial
        memory.running = True
        memory.keep()

    def fail(self, why: str):
        """The start that this is has failed."""
        if self.memory.starting:
            self.memory.why = why
            self.memory.keep()

    def rest(self):
        """Call before a reset that was ordered: it is no crash, and the box starts in full."""
        self.memory.running = self.memory.starting = False
        self.memory.stage = 0
        self.memory.keep()

    def rest_a_day(self) -> int:
        """Nothing is to be loaded. Return after how many seconds the box is to be reset.

        Whatever resets it, all of it is tried then.
        """
        self.memory.crashes = 0
        self.rest()
        return DAY_MS // 1_000

    @property
    def crashes(self):
        return self.memory.crashes

    def report(self):
        """Return the event of this restart, once; None after an ordinary start."""
        if not self._cause:
            return None
        cause, self._cause = self._cause, ""
        why, self.memory.why = self.memory.why, ""
        self.memory.keep()
        told = {"event": "restarted", "cause": cause, "crashes": self.crashes, "why": why}
        told["left_out"] = self.left_out()
        return told

    def left_out(self) -> list:
        """Return the names of the parts that this start does without."""
        return list(LEFT_OUT[: self.stage])

    def is_given_up(self) -> bool:
        return self.stage >= NOTHING

    def allows_home_assistant(self) -> bool:
        return self.stage < NO_HOME_ASSISTANT

    def allows_updates(self) -> bool:
        return self.stage < NO_UPDATES

    def allows_cloud(self) -> bool:
        return self.stage < WITHOUT_CLOUD

    def is_due(self) -> bool:
        """Return whether parts have been left out for a day: time for a start in full."""
        return self._is_due

    def poll(self, now_ms, snapshot, failure):
        """Keep the register; note what the loop died of; forgive after a healthy while."""
        if self._started_ms is None:
            self._started_ms = now_ms
            self.memory.starting = False
        if failure is not None and not self.memory.why:
            self.memory.why = repr(failure)
        if self._kept_ms is not None and time.ticks_diff(now_ms, self._kept_ms) < KEEP_MS:
            return
        self._kept_ms = now_ms
        age_ms = time.ticks_diff(now_ms, self._started_ms)
        if self.crashes and age_ms >= HEALTHY_MS:
            self.memory.crashes = 0
        if self.stage and age_ms >= DAY_MS:
            self._is_due = True
        self.memory.reading.take(snapshot)
        self.memory.keep()
