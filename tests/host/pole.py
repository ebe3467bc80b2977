"""A core on a stick: the pure state machine with ideal plateaus instead of drivers.

`pole.car("C")` connects a car by letter, `pole.run(500)` lets time pass in ticks.
"""

import pickle

from state import charging
from state.core import Core
from state.faults import FAULTS
from state.offer import SLOTS
from state.records import Inputs, Outputs
from state.settings import Settings

LEVEL_MV = {"A": 12_000, "B": 9_000, "C": 6_000, "D": 3_000, "E": 0, "F": -12_000}


CHARGED = {}  # poles as they were, and as they are when they charge


def adopt(thing, state):
    """Take over a copy's state, keeping the identity of every object that others may hold."""
    for name, value in (state if isinstance(state, dict) else state.__dict__).items():
        mine = thing.__dict__.get(name)
        if isinstance(mine, list):
            mine[:] = value
        elif hasattr(mine, "__dict__"):
            adopt(mine, value)
        else:
            setattr(thing, name, value)


class Pole:
    """tick_ms: length of a tick. Fields of Inputs may be set directly between runs."""

    def __init__(self, tick_ms=9, settings=None, limit_a=16):
        self.settings = settings or Settings()
        self.tick_ms = tick_ms
        self.inputs = Inputs()
        self.core = Core(self.settings, self.inputs)
        self.outputs = Outputs()
        self.inputs.voltage_mv[:] = [230_000] * 3
        self.inputs.proximity_ohm = 220
        self.inputs.limit_da[SLOTS.index("rating")] = limit_a * 10
        self.now_ms = 0
        self.level_mv = LEVEL_MV["A"]
        self.low_mv = None
        self.read_duty_bp = None
        self.follows = True  # contactor feedback, lock and monitor answer as they should
        self.log = []

    def car(self, letter):
        self.level_mv = LEVEL_MV[letter]
        return self

    def run(self, span_ms):
        """Let span_ms pass in whole ticks."""
        end_ms = self.now_ms + span_ms
        while self.now_ms < end_ms:
            self.tick()
        return self

    def stall(self, span_ms):
        """The next tick comes span_ms late, as after an erase of flash or TLS arithmetic."""
        usual_ms, self.tick_ms = self.tick_ms, self.tick_ms + span_ms
        self.tick()
        self.tick_ms = usual_ms
        return self

    def tick(self):
        self.now_ms += self.tick_ms
        inputs, outputs = self.inputs, self.outputs
        self._show_pilot(outputs.duty_bp)
        if self.follows:
            inputs.contactor_closed = outputs.close_contactor
            inputs.lock_shut = outputs.lock
            inputs.residual_dc = outputs.residual_test
        self.core.step(self.tick_ms, outputs)
        self.core.events.stamp(self.now_ms)
        event = self.core.events.next()
        while event:
            self.log.append((self.now_ms, event.code, event.a, event.b, event.c, event.d, event.e))
            event = self.core.events.next()

    def until(self, question, limit_ms=60_000):
        """Run until question(pole) is true; return the milliseconds it took."""
        start_ms = self.now_ms
        while not question(self):
            assert self.now_ms - start_ms < limit_ms, "never happened in %d ms" % limit_ms
            self.tick()
        return self.now_ms - start_ms

    def charging(self):
        """Plug in a willing car and wait for the contactor. A pole met before is copied."""
        met = pickle.dumps(self.__dict__)
        if met not in CHARGED:
            self.run(4_000).car("B").run(2_000).car("C")
            self.until(lambda pole: pole.closed)
            self.run(500)
            CHARGED[met] = pickle.dumps(self.__dict__)
        else:
            adopt(self, pickle.loads(CHARGED[met]))
        return self

    @property
    def closed(self):
        return self.outputs.close_contactor

    @property
    def iec(self):
        return charging.NAMES[self.core.charging.state]

    @property
    def faults(self):
        bits = self.core.protection.faults
        return [row[0] for k, row in enumerate(FAULTS) if bits >> k & 1]

    def _show_pilot(self, duty_bp):
        inputs = self.inputs
        inputs.pilot_high_mv = self.level_mv if duty_bp else -12_000
        inputs.pilot_duty_bp = duty_bp if self.read_duty_bp is None else self.read_duty_bp
        if 0 < duty_bp < 10_000:
            inputs.pilot_low_mv = -12_000 if self.low_mv is None else self.low_mv
        else:
            inputs.pilot_low_mv = inputs.pilot_high_mv
