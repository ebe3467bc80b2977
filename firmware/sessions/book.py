"""The record of a session: who, when, how much by phase, what limited it, what went wrong.

Adds up what the core does not need. Its notes go into the journal when a session begins, at every
edge of the contactor and every ten minutes, so that a session which a power cut interrupts is
still one session. They carry the wall clock's floor too; without a session once an hour, so that
among 512 newer records (storage/journal_tail.py) are notes even where much is told.
"""

import json
import time

from micropython import const

from state.faults import codes

_NOTE_MS = const(600_000)
IDLE_NOTE_MS = 3_600_000
_WS_PER_WH = const(3_600)
_MOST_LIMITS = const(12)  # names that a record lists; what else limited counts as "other"
_LONGEST_NAME = const(24)
_LONGEST_BY = const(40)
FRESH = {  # what the notes carry through a restart
    "charging_s": 0,
    "ma_s": 0,
    "peak_ma": 0,
    "limits_s": None,
    "faults": 0,
    "by": "",
    "interruptions": 0,
    "restarts": 0,
    "start_clock": "unknown",
    "signed": 0,  # its opening reading is signed and told
}


def nothing():
    pass


class SessionBook:
    """snapshot, requests: exchange's. clock: wall_clock.WallClock.

    number: of the running session, 0 for none. started_s: Unix time of its start, 0 where unknown.
    closed: records of ended sessions that wait for their signature. on_start: called when a
    session begins, before anybody is told.
    """

    def __init__(self, snapshot, requests, clock):
        self._snapshot = snapshot
        self._requests = requests
        self._clock = clock
        self._polled_ms = None
        self._rest_ms = 0
        self._noted_ms = None
        self._cycles = 0
        self.closed = []
        self.on_start = nothing
        self._forget()

    def resume(self, reading, notes: dict | None):
        """Go on with the session that a restart cut. reading: storage.reading.Reading."""
        self.number = reading.session
        self.started_s = reading.started_s
        self._begin_ws = reading.total_ws() - sum(reading.session_ws)
        self._phase_ws = list(reading.session_ws)
        self._sums["start_clock"] = "informative" if reading.started_s else "unknown"
        if notes and notes.get("session") == reading.session:
            self._sums.update({name: notes[name] for name in FRESH if name in notes})
        self._sums["restarts"] += 1
        self._interrupted = self._sums["interruptions"]

    def start(self, number: int):
        """A session begins; beginning it twice is nothing."""
        if number == self.number:
            return
        self._forget()
        self.number = number
        self.started_s = self._clock.unix_s()
        self._sums["start_clock"] = self._clock.quality()
        self._sums["by"] = self._requests.authorised_by[:_LONGEST_BY]
        snapshot = self._snapshot
        counted_ws = sum(snapshot.total_wh) * _WS_PER_WH + sum(snapshot.rest_ws)
        self._begin_ws = counted_ws - sum(snapshot.session_ws)
        self._cycles = snapshot.contactor_cycles
        self.on_start()

    def poll(self, now_ms):
        """Add up since the last call. Return notes for the journal when they are due, or None."""
        before_ms, self._polled_ms = self._polled_ms, now_ms
        snapshot = self._snapshot
        if not self.number:
            return self._idle_notes(now_ms)
        if before_ms is None or snapshot.session_number != self.number:
            return None
        self._rest_ms += time.ticks_diff(now_ms, before_ms)
        seconds, self._rest_ms = self._rest_ms // 1_000, self._rest_ms % 1_000
        sums = self._sums
        if self._requests.authorised_by:  # who may come after the plug
            sums["by"] = self._requests.authorised_by[:_LONGEST_BY]
        sums["faults"] |= snapshot.faults
        sums["peak_ma"] = max(sums["peak_ma"], snapshot.highest_ma)
        sums["interruptions"] = self._interrupted + snapshot.interruptions
        self._phase_ws[:] = snapshot.session_ws
        if seconds:
            self._add(snapshot, seconds)
        return self._notes(now_ms) if self._is_due(now_ms) else None

    def by(self) -> str:
        """Return who charges, as far as anybody was asked."""
        return self._sums["by"]

    def opening(self) -> dict:
        """Return what the signed record of the session's start says: see storage/ocmf.py."""
        return {
            "session": self.number,
            "start_s": self.started_s or None,
            "start_clock": self._sums["start_clock"] if self.started_s else "unknown",
            "authorised_by": self._sums["by"],
            "meter_wh": [self._begin_ws // _WS_PER_WH],
        }

    def is_signed(self) -> bool:
        return bool(self._sums["signed"])

    def note_signed(self):
        """The opening reading is signed and told; the next notes say so, at once."""
        self._sums["signed"] = 1
        self._noted_ms = None

    def close(self, told: dict) -> dict:
        """Close the book. told: the event session_ended. Return the session's record."""
        sums, snapshot = self._sums, self._snapshot
        charging_s = sums["charging_s"]
        if snapshot.session_number in (0, self.number):
            self._phase_ws[:] = snapshot.session_ws
        record = self.opening()
        record["meter_wh"].append((self._begin_ws + sum(self._phase_ws)) // _WS_PER_WH)
        record.update(
            {
                "seq": told["seq"],
                "end_s": self._clock.unix_s() or None,
                "clock": self._clock.quality(),
                "start_cause": "plugged_in",
                "end_cause": told["cause"],
                "energy_wh": told["energy_wh"],
                "phase_wh": [ws // _WS_PER_WH for ws in self._phase_ws],
                "seconds": told["seconds"],
                "charging_s": charging_s,
                "peak_a": sums["peak_ma"] / 1_000,
                "mean_a": sums["ma_s"] // charging_s / 1_000 if charging_s else 0,
                "limits_s": sums["limits_s"] or {},
                "faults": codes(sums["faults"]),
                "interruptions": sums["interruptions"],
                "restarts": sums["restarts"],
                "closings": told["closings"],
                "signed": sums["signed"],
            }
        )
        self.closed.append(record)
        self._forget()
        return record

    def _forget(self):
        self.number = 0
        self.started_s = 0
        self._begin_ws = 0
        self._phase_ws = [0, 0, 0]
        self._interrupted = 0  # before a restart; the core counts anew
        self._noted_ms = None
        self._sums = dict(FRESH)

    def _add(self, snapshot, seconds):
        sums = self._sums
        if not self.started_s and self._clock.unix_s():
            self.started_s = self._clock.unix_s() - snapshot.session_s  # the time came later
            sums["start_clock"] = "informative"
        if not snapshot.contactor_closed:
            return
        sums["charging_s"] += seconds
        sums["ma_s"] += snapshot.highest_ma * seconds
        limits_s = sums["limits_s"] = sums["limits_s"] or {}
        name = self._requests.name_of(snapshot.offer_slot)[:_LONGEST_NAME]
        if name not in limits_s and len(limits_s) >= _MOST_LIMITS:
            name = "other"
        limits_s[name] = limits_s.get(name, 0) + seconds

    def _is_due(self, now_ms):
        if self._noted_ms is None or self._snapshot.contactor_cycles != self._cycles:
            return True
        return time.ticks_diff(now_ms, self._noted_ms) >= _NOTE_MS

    def _idle_notes(self, now_ms):
        if self._noted_ms is None:
            self._noted_ms = now_ms
        if time.ticks_diff(now_ms, self._noted_ms) < IDLE_NOTE_MS:
            return None
        return self._notes(now_ms)

    def _notes(self, now_ms):
        self._noted_ms = now_ms
        self._cycles = self._snapshot.contactor_cycles
        notes = dict(self._sums)
        notes["session"] = self.number
        notes["clock"] = self._clock.marks()
        return json.dumps(notes).encode()
