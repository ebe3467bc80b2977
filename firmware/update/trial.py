"""The health gate: has the application on trial shown that it is a wallbox?

It has when the control loop went on renewing its snapshot, with a pilot that a car or none can
make, without a fault that was not there before, and the broker was reached, or is missing for the
reason it was missing before.
"""

import time

from state.faults import codes
from state.pilot import LETTERS

RENEWALS = 100  # of the snapshot, each after every stage of a tick: about 10 s
DEADLINE_MS = 600_000
PLAUSIBLE = "ABCD"


def condition(snapshot, cloud_why: str) -> dict:
    """Return what a box is like, as it is kept for a comparison after the update."""
    return {"cloud": cloud_why, "faults": codes(snapshot.faults)}


class Trial:
    """snapshot: exchange.Snapshot. before: condition() of the box before the update.

    missing: what there is still to show, "" once it is healthy. is_over: there was time enough.
    """

    def __init__(self, snapshot, before: dict):
        self._snapshot = snapshot
        self._before = before
        self._version = snapshot.version
        self._renewals = 0
        self._started_ms = None
        self.missing = "the control loop"
        self.is_over = False

    def poll(self, now_ms, cloud_why: str):
        """Look once. cloud_why: why there is no broker, "" if there is one."""
        if self._started_ms is None:
            self._started_ms = now_ms
        self.is_over = time.ticks_diff(now_ms, self._started_ms) >= DEADLINE_MS
        snapshot = self._snapshot
        if snapshot.version == self._version:
            return
        self._version = snapshot.version
        wrong = self._wrong(LETTERS[snapshot.letter], codes(snapshot.faults))
        self._renewals = 0 if wrong else self._renewals + 1
        if wrong or self._renewals < RENEWALS:
            self.missing = wrong or "the control loop"
        elif cloud_why and cloud_why != self._before.get("cloud"):
            self.missing = "the broker: " + cloud_why
        else:
            self.missing = ""

    def _wrong(self, letter, faults):
        if letter not in PLAUSIBLE:
            return "a plausible pilot: it is " + letter
        known = self._before.get("faults", ())
        new = [code for code in faults if code not in known]
        return "no new fault: " + ", ".join(new) if new else ""
