"""A meter on its bench: micropython meter_bench.py JOB.json, started by `box meter`.

A unit with part tolerances drawn from a seed is calibrated against a reference source by the
firmware's own guide, and then meters a recording. Prints one JSON object.
"""

import json
import sys

import board
import machine
import world as worlds
from wiring import adc_meter
from world import World

from metering.calibration import Calibration, at_console
from metering.scaling import apply
from plant import recording, waveforms
from plant.adc_curve import table
from plant.dice import Dice
from plant.plant import GAIN, OFFSET_MV, Node

TICK_US = 9_000
UNEVEN_US = 50  # a real loop does not start its ticks to the microsecond
SETTLING_WINDOWS = 2
SHORT_S = 20
RUNS = 9
PARTS = (0.985, 1.015)  # of the transformers with their burdens and dividers: 1 % and 0.5 %
LEADS_US = (20, 140)  # 0.4 to 2.5 degrees: small split-core transformers
VOLTS, AMPERES = 230.0, 20.0  # of the reference source
ROW_WINDOWS = 3  # 2.7 s stand for the minute of a profile's row


class MeterBench:
    """seed: of the unit's tolerances. phases: how many it measures."""

    def __init__(self, seed, phases):
        self.world = worlds.current = World()
        self._dice = Dice(seed)
        self._pins = {}
        part = board.MAINS_METER
        curve = table(self._dice.within(*GAIN), self._dice.within(*OFFSET_MV))
        self.currents = self._build(
            curve, part, part["currents"][:phases], 1e6 / part["ua_per_mv"], LEADS_US
        )
        self.voltages = self._build(curve, part, part["voltages"][:phases], 1e3 / part["ratio"])
        machine.plant = self
        self.meter = adc_meter(part, phases)
        self._next_us = 0

    def _build(self, curve, part, pins, mv_per_one, leads_us=(0, 0)):
        dice, sensors = self._dice, []
        for pin in pins:
            scale = mv_per_one * dice.within(*PARTS)
            sensor = recording.Sensor(
                self.world, curve, dice, part["bias_uv"] / 1_000, scale, dice.within(*leads_us)
            )
            self._pins[pin] = sensor
            sensors.append(sensor)
        return sensors

    def channel(self, pin):
        return self._pins[pin]

    def node(self, pin):
        return Node()

    def show(self, sensors, sources):
        for sensor, source in zip(sensors, sources):
            sensor.source = source

    def tick(self, closed=0):
        self.world.now_us = self._next_us + self._dice.throw() % UNEVEN_US
        self._next_us += TICK_US
        self.meter.sample(closed, TICK_US // 1_000)

    def finish_window(self, closed=0):
        windows = self.meter.windows
        while self.meter.windows == windows:
            self.tick(closed)

    def calibrate(self):
        """Go through the guide with a reference source that is right."""
        guide = Calibration(self.meter)
        phases = self.meter.phases
        self.supply()
        self._answer(guide, [0])
        self._answer(guide, [VOLTS] * phases)
        self._load()
        self._answer(guide, [AMPERES] * phases)
        apply(self.meter, guide.scaling)

    def _answer(self, guide, values):
        self.finish_window()
        while guide.poll():
            self.finish_window()
        guide.answer(values)

    def measure(self, seconds, currents):
        """Return the JSON object: means over the whole windows, energy of all the time.

        A short time ends amid a mains period and a window, so it is metered from nine phases of
        the tick, and the mean counts.
        """
        totals = Totals(self.meter.phases)
        runs = RUNS if seconds < SHORT_S else 1
        for _ in range(runs):
            self._next_us += TICK_US // RUNS
            self.show(self.currents, currents)
            self._meter_once(int(seconds * 1e6), totals)
        return totals.told(seconds, runs)

    def _meter_once(self, span_us, totals):
        meter = self.meter
        for _ in range(SETTLING_WINDOWS):
            self.finish_window()
        end_us = self._next_us + span_us
        while end_us - self._next_us > TICK_US // 2:
            windows = meter.windows
            self.tick(1)
            totals.count(meter)
            if meter.windows != windows:
                totals.add(meter)
        self.show(self.currents, [recording.Off()] * meter.phases)
        windows = meter.windows
        while meter.windows == windows:
            self.tick(1)
            totals.count(meter)

    def supply(self):
        thirds = [k / 3 for k in range(self.meter.phases)]
        self.show(self.voltages, [recording.Sine(VOLTS, 50.0, shift) for shift in thirds])

    def run_session(self, rows, shape):
        """Meter a profile, each row for a few windows. Return the energy of the rows in joules.

        rows: [volts, amps, watts, hertz]; shape: a name of plant.waveforms, at each row's factor.
        """
        meter = self.meter
        energies = []
        for volts, amps, watts, hertz in rows:
            factor = min(watts / (volts * amps), 1.0) if volts * amps else 1.0
            self.show(self.voltages, [recording.Sine(volts, hertz)])
            current = recording.Cycle(waveforms.table(shape, factor), amps, hertz)
            self.show(self.currents, [current])
            self.finish_window(1)
            mws = 0
            for _ in range(ROW_WINDOWS):
                self.finish_window(1)
                mws += meter.phase_mws[0]
            energies.append(mws / 1_000)
        return energies

    def serve_guide(self):
        """Answer lines of numbers as console.calibrate does, with the source each step wants."""
        for line in sys.stdin:
            values = json.loads(line)
            said = refused = ""
            try:
                said = at_console(self.meter, *values, wait_ms=self._wait)
            except ValueError as wrong:
                refused = str(wrong)
            if said.startswith("3/"):
                self._load()
            print(json.dumps([said, refused]))

    def _wait(self, span_ms):
        for _ in range(max(span_ms * 1_000 // TICK_US, 1)):
            self.tick()

    def _load(self):
        thirds = [k / 3 for k in range(self.meter.phases)]
        self.show(self.currents, [recording.Sine(AMPERES, 50.0, shift) for shift in thirds])


class Totals:
    def __init__(self, phases):
        self._phases = range(phases)
        self._windows = 0
        self._squares_u = [0.0] * phases
        self._squares_i = [0.0] * phases
        self._mw = [0.0] * phases
        self._mws = [0] * phases

    def count(self, meter):
        if meter.energy_mws:
            for k in self._phases:
                self._mws[k] += meter.phase_mws[k]

    def add(self, meter):
        self._windows += 1
        for k in self._phases:
            self._squares_u[k] += meter.voltage_mv[k] ** 2
            self._squares_i[k] += meter.current_ma[k] ** 2
            self._mw[k] += meter.phase_mw[k]

    def told(self, seconds, runs):
        count = self._windows
        volts = [(square / count) ** 0.5 / 1_000 for square in self._squares_u]
        amps = [(square / count) ** 0.5 / 1_000 for square in self._squares_i]
        watts = [mw / count / 1_000 for mw in self._mw]
        factors = [p / (u * i) if u and i else 0.0 for p, u, i in zip(watts, volts, amps)]
        return {
            "v_rms": [round(v, 3) for v in volts],
            "i_rms": [round(i, 4) for i in amps],
            "p_w": [round(p, 3) for p in watts],
            "pf": [round(max(min(pf, 1.0), -1.0), 4) for pf in factors],
            "energy_ws": [round(mws / runs / 1_000, 3) for mws in self._mws],
            "seconds": seconds,
        }


def main(path):
    with open(path) as file:
        job = json.load(file)
    bench = MeterBench(job["seed"], job["phases"])
    if "guide" in job:
        bench.supply()
        bench.serve_guide()
        return
    bench.calibrate()
    if "rows" in job:
        print(json.dumps(bench.run_session(job["rows"], job["shape"])))
        return
    count = job["count"]
    times_us = recording.load(job["times"], count, "d") if job["times"] else None
    sources = [
        recording.Recording(
            recording.load(column, count), job["step_us"], times_us, job["loop_us"]
        )
        for column in job["columns"]
    ]
    bench.show(bench.voltages, sources[0::2])
    print(json.dumps(bench.measure(job["seconds"], sources[1::2])))


if __name__ == "__main__":
    main(sys.argv[1])
