"""The record of a session: who, when, how much by phase, what limited it, what went wrong.

Adds up what the core does not need. Its notes go into the journal at every edge of the contactor
and every ten minutes, so that a session which a power cut interrupts is still one session.
"""

import json
import time

from state.faults import codes

NOTE_MS = 600_000
SUMS = ("charging_s", "ma_s", "peak_ma", "limits_s", "faults", "by")


class SessionBook:
    """snapshot, requests: exchange's. clock: wall_clock.WallClock.

    open_session: number of the session a restart cut, started_s its start, notes its last notes.
    started_s: Unix time of the running session's start, 0 where unknown.
    """

    def __init__(self, snapshot, requests, clock):
        self._snapshot = snapshot
        self._requests = requests
        self._clock = clock
        self._polled_ms = None
        self._rest_ms = 0
        self._noted_ms = 0
        self._cycles = 0
        self.started_s = 0
        self.number = 0
        self._forget()

    def resume(self, number: int, started_s: int, notes: dict | None):
        """Go on with the session that a restart cut."""
        self.number = number
        self.started_s = started_s
        if notes and notes.get("session") == number:
            for name in SUMS:
                setattr(self, name, notes[name])

    def poll(self, now_ms):
        """Add up since the last call. Return notes for the journal when they are due, or None."""
        before_ms, self._polled_ms = self._polled_ms, now_ms
        snapshot = self._snapshot
        if snapshot.session_number and not self.number:
            self._start(snapshot.session_number, now_ms)
        if not self.number or before_ms is None:
            return None
        self._rest_ms += time.ticks_diff(now_ms, before_ms)
        seconds, self._rest_ms = self._rest_ms // 1_000, self._rest_ms % 1_000
        self.faults |= snapshot.faults
        self.peak_ma = max(self.peak_ma, snapshot.highest_ma)
        if seconds:
            self._add(snapshot, seconds)
        return self._notes(now_ms) if self._is_due(now_ms) else None

    def record(self, told: dict) -> dict:
        """Close the book. told: the event session_ended. Return the session's record."""
        snapshot = self._snapshot
        charging_s = self.charging_s
        record = {
            "session": told["session"],
            "start_s": self.started_s or None,
            "end_s": self._clock.unix_s() or None,
            "clock": self._clock.quality(),
            "start_cause": "plugged_in",
            "end_cause": told["cause"],
            "authorised_by": self.by,
            "energy_wh": told["energy_wh"],
            "phase_wh": [ws // 3_600 for ws in snapshot.session_ws],
            "seconds": told["seconds"],
            "charging_s": charging_s,
            "peak_a": self.peak_ma / 1_000,
            "mean_a": self.ma_s // charging_s / 1_000 if charging_s else 0,
            "limits_s": self.limits_s,
            "faults": codes(self.faults),
            "interruptions": snapshot.interruptions,
            "closings": told["closings"],
            "meter_wh": [snapshot.energy_wh() - told["energy_wh"], snapshot.energy_wh()],
        }
        self._forget()
        return record

    def _start(self, number, now_ms):
        self._forget()
        self.number = number
        self.started_s = self._clock.unix_s()
        self.by = self._requests.authorised_by
        self._noted_ms = now_ms
        self._cycles = self._snapshot.contactor_cycles

    def _forget(self):
        self.number = 0
        self.started_s = 0
        self.charging_s = 0
        self.ma_s = 0
        self.peak_ma = 0
        self.limits_s = {}
        self.faults = 0
        self.by = ""

    def _add(self, snapshot, seconds):
        if not self.started_s and self._clock.unix_s():
            self.started_s = self._clock.unix_s() - snapshot.session_s  # the time came later
        if not snapshot.contactor_closed:
            return
        self.charging_s += seconds
        self.ma_s += snapshot.highest_ma * seconds
        name = self._requests.name_of(snapshot.offer_slot)
        self.limits_s[name] = self.limits_s.get(name, 0) + seconds

    def _is_due(self, now_ms):
        if self._snapshot.contactor_cycles != self._cycles:
            return True
        return time.ticks_diff(now_ms, self._noted_ms) >= NOTE_MS

    def _notes(self, now_ms):
        self._noted_ms = now_ms
        self._cycles = self._snapshot.contactor_cycles
        notes = {name: getattr(self, name) for name in SUMS}
        notes["session"] = self.number
        return json.dumps(notes).encode()
