"""When the chip may stand still: a TLS handshake holds up the control loop for 600 ms.

It waits for an open contactor, unless an independent guard watches the pilot. If that takes too
long the charge is paused for it, by a limit of 0 A under the name "link" and so by the ordinary
way of stopping: the car is asked first, the contactor opens without load, the charge goes on.

Too long is PRESSING_MS: a whole charge of nearly every car. The journal keeps what happens, a
remote limit has run out into the safe current, so all that waits is remote control. It is
CROWDED_MS when records wait in RAM, where a power cut would lose them.
"""

import time

from state.records import NO_LIMIT

QUIET_MS = 2_000  # after an opening
PRESSING_MS = 4 * 3_600_000
CROWDED_MS = 600_000
PAUSE_MS = 60_000
NAME = "link"


class Standstill:
    """snapshot, requests: exchange's. guarded: whether something else watches the pilot."""

    def __init__(self, snapshot, requests, guarded=False):
        self._snapshot = snapshot
        self._requests = requests
        self._guarded = guarded
        self._closed_ms = None
        self._since_ms = None  # somebody waits
        self._paused_ms = None

    def poll(self, now_ms):
        """Follow the contactor; give the charge back when a pause did not help."""
        snapshot = self._snapshot
        if snapshot.contactor_command or snapshot.contactor_closed:
            self._closed_ms = now_ms
        elif self._closed_ms is not None and time.ticks_diff(now_ms, self._closed_ms) > QUIET_MS:
            self._closed_ms = None
        if self._paused_ms is not None and time.ticks_diff(now_ms, self._paused_ms) > PAUSE_MS:
            self.done()

    def allows(self) -> bool:
        if self._guarded:
            return True
        snapshot = self._snapshot
        is_open = not (snapshot.contactor_command or snapshot.contactor_closed)
        return is_open and self._closed_ms is None

    def is_pressing(self, now_ms, crowded) -> bool:
        """Call while somebody waits. crowded: whether records wait in RAM."""
        if self._since_ms is None:
            self._since_ms = now_ms
        waited_ms = time.ticks_diff(now_ms, self._since_ms)
        return self._paused_ms is None and waited_ms > (CROWDED_MS if crowded else PRESSING_MS)

    def pause(self, now_ms):
        try:
            self._requests.limit_locally(NAME, 0)
        except ValueError:  # no place among the limits: then it waits on
            return
        self._paused_ms = now_ms

    def done(self):
        """Nobody waits any more, or a try has failed: the charge may go on."""
        self._since_ms = None
        if self._paused_ms is not None:
            self._paused_ms = None
            self._requests.limit_locally(NAME, NO_LIMIT)
