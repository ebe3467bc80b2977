"""The guide that calibrates a unit: what it finds, what it refuses, what it keeps."""

import json
import math
import random

import pytest

from drivers.mains_meter import MainsMeter
from metering import calibration, scaling
from metering.calibration import Calibration

BIAS_UV, UA_PER_MV, RATIO = 1_300_000, 50_000, 330
GAIN_I, GAIN_U, LEAD_US = 1.02, 0.985, 90


class Unit:
    """A meter of one phase whose parts are off by the factors above."""

    def __init__(self, lead_us=LEAD_US, sign=1):
        self.now_us, self.tick = 0, 0
        self.amps, self.volts, self.lag = 0.0, 230.0, 0.0
        self.noise = random.Random(1)
        self._lead_us, self._sign = lead_us, sign
        self.meter = MainsMeter([Pin(self._i)], [Pin(self._u)], BIAS_UV, UA_PER_MV, RATIO)

    def _i(self):
        self.now_us += 35
        angle = 2 * math.pi * (self.now_us + self._lead_us) / 20_000 - self.lag
        peak_uv = self._sign * self.amps * math.sqrt(2) * 1e9 / UA_PER_MV * GAIN_I
        return int(BIAS_UV + peak_uv * math.sin(angle) + self.noise.uniform(-1_500, 1_500))

    def _u(self):
        self.now_us += 35
        angle = 2 * math.pi * self.now_us / 20_000
        return int(BIAS_UV + self.volts * math.sqrt(2) * 1e6 / RATIO * GAIN_U * math.sin(angle))

    def run(self, closed=0, ticks=100):
        for _ in range(ticks):
            self.now_us = self.tick * 9_000
            self.tick += 1
            self.meter.sample(closed, 9)

    def pass_time(self, span_ms):
        self.run(ticks=span_ms * 2 // 9)


class Pin:
    def __init__(self, read_uv):
        self.read_uv = read_uv


def calibrated(unit, amps=16.0):
    guide = Calibration(unit.meter)
    guide.collect(unit.pass_time)
    guide.answer([0])
    guide.collect(unit.pass_time)
    guide.answer([230.0])
    unit.amps = amps
    guide.collect(unit.pass_time)
    guide.answer([amps])
    return guide


def test_a_calibrated_unit_is_right_at_every_power_factor(tmp_path):
    unit = Unit()
    guide = calibrated(unit)
    guide.keep(str(tmp_path / "meter.json"))
    for amps, degrees, within_w in ((32.0, 0, 15), (16.0, 60, 8), (1.4, 89, 4), (1.4, -89, 4)):
        unit.amps, unit.lag = amps, math.radians(degrees)
        unit.run(1, 300)
        true_w = 230 * amps * math.cos(unit.lag)
        assert unit.meter.phase_mw[0] / 1_000 == pytest.approx(true_w, abs=within_w)
        assert unit.meter.current_ma[0] == pytest.approx(amps * 1_000, rel=0.003, abs=20)
        assert unit.meter.voltage_mv[0] == pytest.approx(230_000, rel=0.003)


def test_without_calibration_the_lead_would_be_seen():
    unit = Unit()
    unit.amps, unit.lag = 1.4, math.radians(89)
    unit.run(1, 300)
    assert abs(unit.meter.phase_mw[0] / 1_000 - 230 * 1.4 * math.cos(unit.lag)) > 5


def test_a_transformer_mounted_backwards_counts_forwards():
    unit = Unit(sign=-1)
    guide = calibrated(unit)
    assert guide.scaling[0]["current_ppm"] < 0
    scaling.apply(unit.meter, guide.scaling)
    unit.run(1, 300)
    assert unit.meter.power_w == pytest.approx(230 * 16, rel=0.005)
    assert unit.meter.current_ma[0] == pytest.approx(16_000, rel=0.005)


def mean_ma(unit, windows=40):
    total = 0
    for _ in range(windows):
        unit.run(1)
        total += unit.meter.current_ma[0]
    return total / windows


def test_the_noise_floor_is_taken_off_small_currents():
    unit = Unit()
    guide = calibrated(unit)
    assert guide.scaling[0]["noise"] == 3  # uniform over 6 units: 36 / 12
    unit.amps = 0.2
    scaling.apply(unit.meter, [{**guide.scaling[0], "noise": 0}])
    assert mean_ma(unit) > 203
    scaling.apply(unit.meter, guide.scaling)
    assert mean_ma(unit) == pytest.approx(200, abs=3)


def test_it_says_what_to_do_and_ends():
    unit = Unit()
    guide = Calibration(unit.meter)
    for name, what, _ in calibration.STEPS:
        assert name in guide.prompt() and what in guide.prompt()
        guide.collect(unit.pass_time)
        unit.amps = 16.0 if guide.step >= 1 else 0.0
        guide.answer([{"noise": 0, "voltage": 230.0, "current": 16.0}[name]])
    assert guide.prompt() == "Done."
    with pytest.raises(ValueError, match="done"):
        guide.answer([1])


@pytest.mark.parametrize(
    "step, amps, answer, why",
    [
        (0, 2.0, [0], "noise: current flows"),
        (1, 0.0, [23.0], "wrong phase, or wrong board"),
        (1, 0.0, [230.0, 230.0], "not one number a phase"),
        (2, 16.0, [3.9], "3.9 A is too little"),
        (2, 16.0, [6.0], "wrong phase, or wrong board"),
        (2, 0.0, [16.0], "wrong phase, or wrong board"),
    ],
)
def test_a_wrong_answer_changes_nothing_and_can_be_repeated(step, amps, answer, why):
    unit = Unit()
    guide = Calibration(unit.meter)
    for right in ([0], [230.0])[:step]:
        guide.collect(unit.pass_time)
        guide.answer(right)
    unit.amps = amps
    guide.collect(unit.pass_time)
    before = guide.scaling
    with pytest.raises(ValueError, match=why):
        guide.answer(answer)
    assert guide.step == step and guide.scaling == before
    with pytest.raises(ValueError, match="still to do"):
        guide.keep("nowhere")


def test_it_waits_for_its_windows():
    unit = Unit()
    guide = Calibration(unit.meter)
    with pytest.raises(ValueError, match="22 windows more"):
        guide.answer([0])
    unit.run(ticks=100)
    assert guide.poll() == 22  # half of that window was before the step
    unit.run(ticks=100)
    assert guide.poll() == 21


def test_the_console_goes_through_it_and_keeps_the_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    unit = Unit()

    def say(*values, **named):
        return calibration.at_console(unit.meter, *values, wait_ms=unit.pass_time, **named)

    assert say(restart=True).startswith("1/3 noise") and say().startswith("1/3 noise")
    assert say(0).startswith("2/3 voltage")
    with pytest.raises(ValueError, match="numbers"):
        say("230")
    assert say(230.0).startswith("3/3 current")
    unit.amps = 16.0
    assert say(16.0).startswith("Done. In use, and kept in meter.json")
    unit.run(1, 200)
    assert unit.meter.current_ma[0] == pytest.approx(16_000, rel=0.003)
    assert scaling.restore(Unit().meter, "meter.json") == ""
    assert say().startswith("1/3 noise")


ROW = {"current_ppm": 1_010_000, "voltage_ppm": 990_000, "lead": 300, "noise": 3}


def test_what_is_kept_is_there_after_a_restart(tmp_path):
    path = str(tmp_path / "meter.json")
    scaling.save([ROW], path)
    unit = Unit(lead_us=0)
    assert scaling.restore(unit.meter, path) == ""
    unit.amps = 16.0
    unit.run(1, 200)
    assert unit.meter.current_ma[0] == pytest.approx(16_000 * GAIN_I * 1.01, rel=0.002)
    assert unit.meter.voltage_mv[0] == pytest.approx(230_000 * GAIN_U * 0.99, rel=0.002)


@pytest.mark.parametrize(
    "stored, why",
    [
        ("{", "meter.json"),
        ("[]", "meter.json"),
        ('{"phases": []}', "not of 1 phases"),
        (json.dumps({"phases": [{**ROW, "noise": 101}]}), "noise: 101 is not from 0 to 100"),
        (json.dumps({"phases": [{**ROW, "lead": 1.5}]}), "lead: 1.5 is not a whole number"),
        (json.dumps({"phases": [{**ROW, "current_ppm": 499_999}]}), "current_ppm: 499999"),
    ],
)
def test_a_bad_file_leaves_the_nominal_scaling_and_says_so(tmp_path, stored, why):
    path = tmp_path / "meter.json"
    path.write_text(stored)
    unit = Unit(lead_us=0)
    assert why in scaling.restore(unit.meter, str(path))
    unit.amps = 16.0
    unit.run(1, 200)
    assert unit.meter.current_ma[0] == pytest.approx(16_000 * GAIN_I, rel=0.002)


def test_no_file_is_no_complaint_and_no_meter_neither(tmp_path):
    assert scaling.restore(Unit().meter, str(tmp_path / "absent.json")) == ""
    assert scaling.restore(None, str(tmp_path / "absent.json")) == ""
