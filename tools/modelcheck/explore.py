"""Breadth first over one slice, then from every state to where it must be able to go."""

import time
from collections import deque

from modelcheck import slices
from modelcheck.machine import GOOD, Machine, shorten_waits
from modelcheck.properties import (
    AGAINST_STEPS,
    LIVELY,
    STEPS,
    released,
    speaks_against,
    violation,
    waiting,
)

LEVEL_ROWS = {
    "A": ("ev.cp_ohm", "open"),
    "B": ("ev.cp_ohm", "2740"),
    "C": ("ev.cp_ohm", "882"),
    "D": ("ev.cp_ohm", "246"),
    "E": ("ev.cp_ohm", "0"),
    "F": ("cp.high_v", "-12"),
}
# what an input other than the level is in a scenario file; none yet for a lock that opens
ROWS = {
    "low_mv": lambda v: ("cp.low_v", "auto" if v == GOOD["low_mv"] else v / 1_000),
    "enabled": lambda v: ("cmd.enable", "true" if v else "false"),
    "limit_da": lambda v: ("limit.house", "none" if v < 0 else v / 10),
    "earth_ok": lambda v: ("pe.ok", v),
    "residual_dc": lambda v: ("rcm.dc_ma", 8 * v),
    "ohm": lambda v: ("pp.ohm", v),
    "temperature_dc": lambda v: ("temp.c", v / 10),
    "volts": lambda v: ("mains.v", v),
    "welded": lambda v: ("contactor.fault", "welded" if v else "none"),
    "stuck": lambda v: ("contactor.fault", "stuck_open" if v else "none"),
    "read_duty_bp": lambda v: ("cp.oscillator_permille", "auto" if v < 0 else v / 10),
    "drawn_ma": lambda v: ("ev.current_a", v / 1_000),
    "peak_ma": lambda v: ("ev.current_a", v / 1_414),
    "reset": lambda v: ("cmd.reset_faults", v),
}
LONG_WAIT_MS = 30_000
START_MS = 5_000
STEP_MS = 500


class Violation(Exception):
    """said: what is wrong. chain: the inputs that lead there."""

    def __init__(self, said, chain):
        super().__init__(said)
        self.said, self.chain = said, chain


class Exploration:
    """name: of the slice. states: {(memory, against): (the one before, input)}."""

    def __init__(self, name):
        changes, levels, troubles = slices.SLICES[name]
        self.name = name
        self.alphabet = slices.alphabet(levels, troubles)
        self.machine = Machine(changes, slices.offers_change(troubles), slices.draws(troubles))
        self.states = {}
        self.transitions = 0

    def run(self):
        """Visit everything. Raises Violation."""
        start = (self.machine.read(), ("", 0))
        self.states[start] = None
        queue = deque([start])
        while queue:
            came = queue.popleft()
            for given in self.alphabet:
                after = self._step(came, given)
                if after not in self.states:
                    self.states[after] = (came, given)
                    queue.append(after)
        for name, among, given, wanted in LIVELY:
            self._settles(name, among, given, wanted)

    def _step(self, came, given):
        memory, against = came
        machine = self.machine
        machine.write(memory)
        was = machine.core.charging.state, machine.core.offer.current_da
        waited = waiting(machine)
        machine.step(given)
        self.transitions += 1
        cause = speaks_against(machine, given)
        count = against[1] + 1 if cause == against[0] else 1
        against = (cause, min(count, AGAINST_STEPS) if cause else 0)
        said = violation(machine, was, against) or released(machine, waited, given)
        if said:
            raise Violation(said, [*self.chain(came), given])
        return machine.read(), against

    def _settles(self, name, among, given, wanted):
        """Follow one input from every state; chains stop where an earlier one has passed."""
        machine, good = self.machine, set()
        for state in self.states:
            machine.write(state[0])
            if not among(machine):
                continue
            chain, memory = [], state[0]
            while memory not in good and not wanted(machine):
                chain.append(memory)
                if len(chain) > STEPS:
                    raise Violation("never: %s" % name, self.chain(state) + [given] * STEPS)
                machine.step(given)
                memory = machine.read()
                machine.write(memory)
            good.update(chain)

    def chain(self, state):
        """Return the inputs from power-on to here."""
        inputs = []
        while self.states[state]:
            state, given = self.states[state]
            inputs.append(given)
        return inputs[::-1]


def scenario(changes, chain):
    """Return a chain as a scenario file that the real box plays, with the real waits in it."""
    machine = Machine(changes, True, True)
    lines = ["# settings: %s" % changes, "0,ev.cp_ohm,open"]
    before, at_ms = {**GOOD, "level": "A"}, START_MS
    for given in chain:
        lines += ["%d,%s" % (at_ms, row) for row in _rows(before, given)]
        was = machine.core.protection.faults, machine.core.charging.held_ms
        machine.step(given)
        waited = was[0] & ~machine.core.protection.faults
        at_ms += LONG_WAIT_MS if waited and not given["reset"] else STEP_MS
        before = given
    return "\n".join([*lines, "%d,ev.diode,1" % at_ms, ""])


def _rows(before, given):
    if given["level"] != before["level"]:
        if before["level"] == "F":
            yield "cp.high_v,auto"
        yield "%s,%s" % LEVEL_ROWS[given["level"]]
    for name, row in ROWS.items():
        if given[name] != before[name] or (name == "reset" and given[name]):
            yield "%s,%s" % row(given[name])


def check(name):
    """Explore one slice. Return (name, states, transitions, seconds, said, scenario)."""
    shorten_waits()
    start_s = time.monotonic()
    exploration = Exploration(name)
    said, text = "", ""
    try:
        exploration.run()
    except Violation as wrong:
        said = wrong.said
        text = scenario(slices.SLICES[name][0], wrong.chain)
    took_s = time.monotonic() - start_s
    return name, len(exploration.states), exploration.transitions, took_s, said, text
