"""Calibrate the meter of one unit, step by step: at the REPL or from the CLI.

    >>> console.calibrate()                       # what to do now
    >>> console.calibrate(230.4, 231.0, 229.7)    # it is done, and this is what a reference shows

which is at_console below, over a Calibration. Until the last step nothing changes: a step answered
wrongly raises ValueError and can be repeated. The result is used at once and kept in meter.json.
The meter must be running: the control loop, or a bench, samples it every 9 ms.
"""

import math
import time

from micropython import const

from metering.scaling import apply, checked, save

_WINDOWS = const(22)  # 20 s: the noise of the slope then moves the phase by less than 0.1 degrees
_LEAST_A = const(4)  # below it the converter's own noise and steps count too much
_STEP_MS = const(100)
UNIT_MV = 0.5
_NOISY = const(100)  # units squared: 0.25 A is no noise
_TICK_S = const(0.009)
_FILE = const("meter.json")
# name, what to do, what to answer
STEPS = (
    ("noise", "Contactor open, nothing may draw current.", "0"),
    ("voltage", "Read the mains voltage on a reference meter.", "volts"),
    ("current", "Load each phase with a heater (no car: power factor 1), 4 A or more.", "amperes"),
)


class Calibration:
    """step: index into STEPS, len(STEPS) when done. scaling: one dictionary a phase."""

    def __init__(self, meter):
        if not hasattr(meter, "calibrate"):
            raise ValueError("meter calibration: this meter brings its own")
        self._meter = meter
        self.step = 0
        nominal = {"current_ppm": 1_000_000, "voltage_ppm": 1_000_000, "lead": 0, "noise": 0}
        self.scaling = [dict(nominal) for _ in range(meter.phases)]
        self._start()

    def prompt(self) -> str:
        """Return what to do and what to answer, or that nothing is left."""
        if self.step >= len(STEPS):
            return "Done."
        name, what, asked = STEPS[self.step]
        return "%d/%d %s: %s Answer %s of each phase; it takes 20 s." % (
            self.step + 1,
            len(STEPS),
            name,
            what,
            asked,
        )

    def poll(self) -> int:
        """Take in a window if there is a new one. Return how many more this step needs."""
        meter = self._meter
        if meter.windows != self._seen:
            self._seen = meter.windows
            self._skipped += 1
            if self._skipped > 1:  # the first one began before the step did
                self._add(meter)
        return max(_WINDOWS - self._count, 0)

    def collect(self, sleep_ms):
        """Wait until this step has its windows, about 20 s."""
        self._start()
        while self.poll():
            sleep_ms(_STEP_MS)

    def answer(self, values):
        """Finish this step. values: of the reference meter, one a phase. Raises ValueError."""
        if self.step >= len(STEPS):
            raise ValueError("meter calibration: it is done")
        if self.poll():
            raise ValueError("meter calibration: %d windows more, collect first" % self.poll())
        name = STEPS[self.step][0]
        values = list(values)
        if len(values) != self._meter.phases and name != "noise":
            raise ValueError("meter calibration %s: not one number a phase" % name)
        rows = [dict(row) for row in self.scaling]
        for phase in range(len(rows)):
            means = [total / self._count for total in self._products[phase]]
            value = values[phase] if phase < len(values) else 0
            rows[phase].update(getattr(self, "_" + name)(means, value))
        self.scaling = checked(rows, self._meter.phases)
        self.step += 1
        self._start()

    def keep(self, path: str = _FILE, save=save):
        """Use the result and let save(scaling, path) keep it. Return what save does.

        Raises ValueError before the last step.
        """
        if self.step < len(STEPS):
            raise ValueError("meter calibration: %s is still to do" % STEPS[self.step][0])
        apply(self._meter, self.scaling)
        return save(self.scaling, path)

    def _start(self):
        self._seen = self._meter.windows
        self._skipped = 0
        self._count = 0
        self._chz = 0
        self._spin = 0
        self._square = 0
        self._products = [[0] * 4 for _ in range(self._meter.phases)]

    def _add(self, meter):
        self._count += 1
        self._chz += meter.frequency_chz
        self._spin += meter.neighbours.spin
        self._square += meter.neighbours.spin_square
        for phase in range(meter.phases):
            for k in range(4):
                self._products[phase][k] += meter.products[phase][k]

    def _noise(self, means, _):
        if means[0] > _NOISY:
            raise ValueError("meter calibration noise: current flows")
        return {"noise": int(means[0] + 0.5)}

    def _voltage(self, means, volts):
        if not self._meter.measures_voltage:
            return {}
        shown_v = math.sqrt(means[1]) * UNIT_MV * self._meter.ratio / 1_000
        return {"voltage_ppm": _ppm("voltage", volts, shown_v)}

    def _current(self, means, amperes):
        if amperes < _LEAST_A:
            raise ValueError("meter calibration current: %s A is too little" % amperes)
        shown_a = math.sqrt(max(means[0], 0)) * UNIT_MV * self._meter.ua_per_mv / 1e6
        ppm = _ppm("current", amperes, shown_a)
        if not self._meter.measures_voltage:
            return {"current_ppm": ppm}
        if not means[2]:
            raise ValueError("meter calibration current: no power: is it on its own phase?")
        lead = means[3] / means[2] / self._slope_of_one() ** 2
        return {
            "current_ppm": ppm if means[2] > 0 else -ppm,
            "lead": math.floor(lead * 1_000 + 0.5),
        }

    def _slope_of_one(self):
        """Return by how much a voltage of 1 turns between its two reads, in radians."""
        sine = math.sin(2 * math.pi * self._chz / self._count / 100 * _TICK_S)
        if not self._square or not 0.1 < abs(sine):
            raise ValueError("meter calibration: the mains have no usual frequency")
        return -self._spin / (4 * self._square * sine)


def _ppm(name, wanted, shown):
    if not shown:
        raise ValueError("meter calibration %s: the meter shows none" % name)
    ppm = int(wanted / shown * 1e6 + 0.5)
    if not 500_000 <= ppm <= 1_500_000:
        raise ValueError(
            "meter calibration %s: %.2f where the meter shows %.2f: wrong phase, or wrong board?"
            % (name, wanted, shown)
        )
    return ppm


_guide = None


def at_console(meter, *values, restart=False, wait_ms=None, save=save) -> str:
    """Answer the current step with one number a phase. Return what to do next.

    Without values only say it. restart: begin anew. save(scaling, path): keeps the result, now or,
    if it returns False, later. Raises ValueError if an answer cannot be.
    """
    global _guide  # noqa: PLW0603, one box, one procedure
    if _guide is None or restart:
        _guide = Calibration(meter)
    if values:
        if not all(isinstance(value, (int, float)) for value in values):
            raise ValueError("meter calibration: numbers, please: one a phase")
        _guide.collect(wait_ms or time.sleep_ms)
        _guide.answer(values)
    said = _guide.prompt()
    if _guide.step == len(STEPS):
        kept = "to be kept once the contactor is open and no car asks,"
        if _guide.keep(save=save):
            kept = "and kept"
        said += " In use, %s in %s: %s" % (kept, _FILE, _guide.scaling)
        _guide = None
    return said
