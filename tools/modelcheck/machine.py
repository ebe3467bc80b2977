"""One core whose whole memory can be read as a tuple and put back, and the world's answers to it.

Time moves in steps of half a second and the limits are the real ones. Cut is what only makes the
chains longer: the waits of 30 s after a fault or before a wake-up signal (two steps), the five
proofs of a diode (two), the tries of a fault and the pace of commands (not counted). Counters are
folded where no rule can tell the difference: each stops at the longest limit it is compared with,
and at 0 where nobody reads it.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tools/sim/cpython")]
from blackbox import cells, parts_of  # noqa: E402

from state import (  # noqa: E402
    charging,
    core,
    duty,
    faults,
    pilot,
    protection,
    proximity,
    residual_test,
)
from state.offer import RATING, SLOTS  # noqa: E402
from state.records import Inputs, Outputs  # noqa: E402
from state.settings import Settings  # noqa: E402

STEP_MS = 500
WAIT_MS = 1_000
RATED_DA = 160
LEVELS_MV = {"A": 12_000, "B": 9_000, "C": 6_000, "D": 3_000, "E": 0, "F": -12_000}
GOOD = {
    "level": "C",
    "low_mv": -12_000,
    "enabled": 1,
    "limit_da": -1,
    "earth_ok": 1,
    "lock_shut": 1,
    "residual_dc": 0,
    "ohm": 220,
    "temperature_dc": 250,
    "volts": 230,
    "welded": 0,
    "stuck": 0,
    "deaf": 0,
    "read_duty_bp": -1,
    "drawn_ma": 0,
    "peak_ma": 0,
    "reset": 0,
}
# longest limit that a counter is compared with, and where it counts for nothing: 0
LONGEST = {
    "pilot.stable_ms": pilot.SETTLED_MS,
    "duty.changed_ms": duty.FOLLOW_MS,
    "core.departed_ms": core.FALSE_A_MS,
    "core.switched_ms": faults.SWITCHING_MS + STEP_MS,
    "core.unlocked_ms": charging.UNLOCKED_MS + 1,
    "core.booted_ms": charging.STEADY_HOLD_MS,
    "core._woken": 1,
    "cable.undefined_ms": faults.CABLE_MS + STEP_MS,
    "session.number": 1,
}
IGNORED = ("pilot.leaving_ms", "pilot.previous", "charging.previous", "charging.rule")
IGNORED += ("protection.built_ms", "core._reset_serial", "residual_test._age_ms")
IGNORED += ("residual_test._age_s", "pilot.undecided_ms", "session.seconds", "session._ms")
IGNORED += ("session.phase_ws.", "session.total_wh.", "session.rest_ws.", "session._mws.")
IGNORED += (
    "session.closings",
    "session.following",
    "session.cut",
    "session.commanded",
    "session.outages",
)
IGNORED += ("residual_test.ended", "residual_test.last_passed")
HELD_MS = {  # of charging.held_ms, by state; no rule reads it in the others
    charging.A2: charging.DEPARTED_PWM_MS,
    charging.B1: charging.PLUG_SETTLED_MS,
    charging.C1: charging.PLUG_SETTLED_MS,
    charging.D1: charging.PLUG_SETTLED_MS,
    charging.B2: WAIT_MS,
    charging.C1_CLOSED: charging.BACKSTOP_MS,
    charging.F: core.LOCK_RELEASE_MS,
    charging.WAKE: WAIT_MS,
    charging.REST: charging.REST_MS,
}


def shorten_waits():
    """Cut what only makes the chains longer; before any core is made."""
    pilot.DIODE_PROOFS = 2
    for module in (pilot, protection, proximity, residual_test):
        module.SEEN_MS = STEP_MS  # what happens between two steps is seen, not a stall
    pilot.GAP_MS = residual_test.GAP_MS = STEP_MS
    rows = []
    for name, check, lasts, action, (ends, wait_ms, _) in faults.FAULTS:
        ending = (ends, min(wait_ms, WAIT_MS), faults.ENDLESS)
        rows.append((name, check, lasts, action, ending))
    faults.FAULTS = protection.FAULTS = tuple(rows)


def settings(changes):
    chosen = Settings()
    chosen.wake_after_ms = chosen.wake_ms = WAIT_MS
    chosen.most_interruptions = 2
    chosen.wake_signals = 0
    chosen.residual_answer_ms = chosen.residual_clear_ms = STEP_MS
    for name, value in changes.items():
        if not hasattr(chosen, name):
            raise ValueError("no setting %s" % name)
        setattr(chosen, name, value)
    return chosen


class Machine:
    """core, inputs, outputs: the real thing. changes: settings that differ.

    offers_change: whether the limits ever change; if not, nobody reads how old a duty is.
    draws: whether current flows; if not, nobody reads for how long the contactor has been open.
    """

    def __init__(self, changes, offers_change, draws):
        self._offers_change = offers_change
        self._draws = draws
        self.inputs = Inputs()
        self.inputs.limit_da[RATING] = RATED_DA
        self.outputs = Outputs()
        self.core = core.Core(settings(changes), self.inputs)
        found = list(cells("outputs", self.outputs))
        for name, part in parts_of(self.core):
            found += cells(name, part)
        self._cells = [cell for cell in found if not cell[0].startswith(IGNORED)]
        self._folds = [self._fold_of(path) for path, _, _ in self._cells]

    def _fold_of(self, path):
        name, _, row = path.rpartition(".")
        if name == "protection._held_ms":
            return max(faults.FAULTS[int(row)][faults.LASTS], STEP_MS)
        return LONGEST.get(path)

    def read(self):
        """Return the memory as a tuple, folded."""
        self._forget()
        state = []
        for (_, owner, key), longest in zip(self._cells, self._folds):
            value = owner[key] if type(key) is int else getattr(owner, key)
            state.append(min(value, longest) if longest is not None else int(value))
        return tuple(state)

    def _forget(self):
        """Set to 0 what no rule reads in the present state."""
        k = self.core
        guard = k.protection
        for row in range(len(faults.FAULTS)):
            ending = faults.FAULTS[row][faults.ENDING]
            if not guard.has(row) or ending[0] != faults.GONE:
                guard._gone_ms[row] = 0
            else:
                guard._gone_ms[row] = min(guard._gone_ms[row], WAIT_MS)
            guard._raised[row] = 0
        longest = HELD_MS.get(k.charging.state, 0)
        k.charging.held_ms = min(k.charging.held_ms, longest)
        if not k.residual_test.running:
            k.residual_test._held_ms = 0
        k.session.interruptions = min(k.session.interruptions, 3) if k.session.number else 0
        longest = faults.WELD_MS + STEP_MS if self._draws else charging.OPEN_REST_MS
        k.open_ms = 0 if k.closing else min(k.open_ms, longest)
        self._forget_duty(k)

    def _forget_duty(self, k):
        if not k.duty.is_pwm() or not self._offers_change:
            k.duty.changed_ms = duty.FOLLOW_MS
        if k.duty.is_pwm():
            longest = duty.CHANGE_MS if self._offers_change else STEP_MS
        elif k.duty.bp == duty.NEGATIVE_BP:
            longest = STEP_MS
        elif k.charging.state == charging.C1_CLOSED:
            longest = charging.BACKSTOP_MS + STEP_MS
        else:
            longest = charging.STEADY_HOLD_MS
        k.duty.since_ms = min(k.duty.since_ms, longest)

    def write(self, state):
        for (_, owner, key), value in zip(self._cells, state):
            if type(key) is int:
                owner[key] = value
            else:
                setattr(owner, key, value)
        events = self.core.events
        events.written = events.stamped = events.read = 0
        self.core.session.commanded = 0
        self.core._reset_serial = 0

    def step(self, given):
        """Let half a second pass with these inputs; sensors answer as a sound box's would."""
        inputs, outputs = self.inputs, self.outputs
        duty_bp = outputs.duty_bp
        level_mv = LEVELS_MV[given["level"]] if duty_bp else -12_000
        inputs.pilot_high_mv = level_mv
        inputs.pilot_low_mv = given["low_mv"] if 0 < duty_bp < 10_000 else level_mv
        inputs.pilot_duty_bp = duty_bp if given["read_duty_bp"] < 0 else given["read_duty_bp"]
        for name in ("enabled", "earth_ok", "temperature_dc", "peak_ma"):
            setattr(inputs, name, given[name])
        inputs.limit_da[SLOTS.index("local0")] = given["limit_da"]
        inputs.residual_dc = given["residual_dc"] or (outputs.residual_test and not given["deaf"])
        inputs.proximity_ohm = given["ohm"]
        inputs.reset_serial = given["reset"]
        inputs.lock_shut = outputs.lock and given["lock_shut"]
        closed = outputs.close_contactor or given["welded"]
        inputs.contactor_closed = 0 if given["stuck"] else closed
        for k in range(3):
            inputs.current_ma[k] = given["drawn_ma"] if closed else 0
            inputs.voltage_mv[k] = given["volts"] * 1_000
        self.core.step(STEP_MS, outputs)
