"""No arithmetic of the control path leaves the small integers, whatever is measured."""

import math
import random

import pytest
from small_integers import Book

METERS = (
    "drivers.mains_arithmetic",
    "drivers.quick_window",
    "drivers.neighbours",
    "drivers.phase_sums",
    "drivers.mains_meter",
)
BUS = ("drivers.mains_arithmetic", "drivers.meter_readings", "drivers.bl0942", "drivers.sdm630")


@pytest.fixture
def book():
    book = Book()
    yield book
    book.give_back()


class Pin:
    def __init__(self, read_uv):
        self.read_uv = read_uv


# bias, uA per mV, volts per volt, amperes, volts; the last is the end of what a board may say
@pytest.mark.parametrize(
    "bias_uv, ua_per_mv, ratio, amps, volts",
    [
        (1_300_000, 50_000, 330, 32, 230),
        (1_650_000, 90_900, 470, 60, 300),
        (1_650_000, 120_000, 500, 400, 900),
    ],
)
@pytest.mark.parametrize("lead", [0, 5_000, -5_000])
def test_the_meter(book, bias_uv, ua_per_mv, ratio, amps, volts, lead):
    meter_of = book.load(METERS)[-1].MainsMeter
    now_ms = [0]

    def wave(peak_uv, lag):
        def read_uv():
            angle = 2 * math.pi * 50 * now_ms[0] / 1_000 - lag
            return int(max(0, min(3_300_000, bias_uv + peak_uv * math.sin(angle))))

        return Pin(read_uv)

    currents = [wave(amps * 1.414e9 / ua_per_mv, k * 2.1) for k in range(3)]
    voltages = [wave(volts * 1.414e6 / ratio, k * 2.1) for k in range(3)]
    meter = meter_of(currents, voltages, bias_uv, ua_per_mv, ratio)
    for phase in range(3):
        meter.calibrate(phase, -1_500_000, 1_500_000, lead, 0)
    book.largest.clear()  # calibrating may allocate: it is no part of a tick
    for tick in range(250):
        elapsed_ms = 2_000 if tick == 150 else 9  # the longest the watchdog leaves alone
        now_ms[0] += elapsed_ms
        meter.sample(1, elapsed_ms)
    assert max(meter.quick_mv) > 0 and max(meter.quick_ma) > 0
    assert book.looked > 10_000 and book.largest == {}


def test_the_meter_after_a_stall_and_on_stuck_channels(book):
    meter_of = book.load(METERS)[-1].MainsMeter
    for stuck in (int, lambda: 3_300_000):
        meter = meter_of([Pin(stuck)] * 3, [Pin(stuck)] * 3, 1_650_000, 120_000, 500)
        book.largest.clear()
        for tick in range(250):
            meter.sample(1, 60_000 if tick % 40 == 0 else 9)
        assert book.largest == {}


def test_the_pilot(book):
    pilot_of = book.load(["drivers.control_pilot"])[0].ControlPilot
    now_us = [0]
    level_uv = [0]

    class Pwm:
        def duty_u16(self, duty):
            pass

    def read_uv():
        now_us[0] += 45
        return level_uv[0] if now_us[0] % 1_000 < 267 else 244_000

    for gain_permille in (1_000, 11_364, 30_000):
        pilot = pilot_of(Pwm(), Pin(read_uv), 1_300_000, gain_permille, lambda: now_us[0])
        pilot.pace()
        for level_uv[0] in range(0, 3_300_001, 100_000):
            for duty_bp in (0, 1_000, 2_667, 9_600, 10_000):
                pilot.drive(duty_bp)
                pilot.sample()
    assert book.looked > 1_000 and book.largest == {}


def test_readings_from_a_bus(book):
    readings_of = book.load(BUS)[1].Readings
    readings = readings_of(3)
    for closed_ms in (9, 3_000):
        for mw in (-40_000_000, 11_040_000, 40_000_000):
            for phase in range(3):
                readings.take(phase, 400_000, 100_000, mw)
            readings.accept(5_000)
            for _ in range(closed_ms // 9):
                readings.pass_time(1, 9)
            for phase in range(3):
                readings.integrate(phase)
    assert book.looked > 100 and book.largest == {}


STATE = (
    "records settings pilot duty derating events faults protection mains proximity offer "
    "residual_test session interlock charging core"
)


def test_the_core(book):
    """Random cars and readings; the ends of all inputs among them."""
    modules = book.load(["state." + name for name in STATE.split()])
    by_name = dict(zip(STATE.split(), modules))
    inputs = by_name["records"].Inputs()
    outputs = by_name["records"].Outputs()
    core = by_name["core"].Core(by_name["settings"].Settings(), inputs)
    chance = random.Random(1)
    inputs.limit_da[0] = 320
    inputs.proximity_ohm = 220
    for tick in range(6_000):
        if tick % 50 == 0:
            inputs.pilot_high_mv = chance.choice(
                (12_000, 9_000, 6_000, 6_000, 6_000, 3_000, -12_000)
            )
            inputs.current_ma[:] = [chance.choice((0, 16_000, 32_000, 100_000))] * 3
            inputs.voltage_mv[:] = [chance.choice((0, 230_000, 400_000))] * 3
            inputs.temperature_dc = chance.choice((250, 700, -400, 1_300))
            inputs.reset_serial += 1
        inputs.pilot_low_mv = -12_000 if 0 < outputs.duty_bp < 10_000 else inputs.pilot_high_mv
        inputs.pilot_duty_bp = outputs.duty_bp
        inputs.contactor_closed = outputs.close_contactor
        inputs.lock_shut = outputs.lock
        inputs.residual_dc = outputs.residual_test
        inputs.phase_mws[:] = [tick % 100 and 0 or 40_000 * 900] * 3
        core.step(chance.choice((9, 9, 9, 12, 600, 60_000)), outputs)
        core.events.stamp(tick * 9)
        while core.events.next():
            pass
    assert core.session.number and book.looked > 50_000 and book.largest == {}
