"""Scenario rows applied to the plant: one small function a signal.

The rows were checked on the host (tools/box/signals.py); here each value is already known good.
"""

import json

from plant.ev import ManualEv, ModelEv
from plant.ev_models import find
from plant.pilot_circuit import FULL_DUTY


def _phases(text):
    values = [float(part) for part in str(text).split("/")]
    return values * 3 if len(values) == 1 else values


def _ohms(text):
    return None if text == "open" else float(text)


def _volts(text):
    return None if text == "auto" else float(text)


def _manual(bench):
    """A row about the car takes it out of a model's hands, as it stands."""
    before = bench.plant.ev
    if not isinstance(before, ManualEv):
        bench.plant.ev = ManualEv()
        bench.plant.ev.cp_ohm = before.cp_ohm
        bench.plant.ev.current_a = list(before.current_a)
        bench.plant.ev.power_factor = before.power_factor
    return bench.plant.ev


def _ev_field(name, convert):
    def apply(bench, value):
        setattr(_manual(bench), name, convert(value))
        bench.plant.car_changed()

    return apply


def _current(bench, value):
    amps = [float(part) for part in str(value).split("/")]
    _manual(bench).current_a = (amps + [0.0, 0.0])[:3]
    bench.plant.car_changed()


def _model(bench, name):
    world = bench.world
    bench.plant.ev = ModelEv(find(name), bench.plant.seed, world.now_us // 1_000)
    bench.plant.car_changed()


def _pilot_field(name):
    def apply(bench, value):
        setattr(bench.plant.pilot, name, _volts(value))
        bench.plant.pilot.settle()

    return apply


def _oscillator(bench, value):
    duty = None if value == "auto" else int(float(value) * FULL_DUTY / 1_000)
    bench.plant.pilot.broken_duty = duty
    bench.plant.car_changed()


def _stuck(bench, value):
    bench.plant.pilot.stuck_uv = None if value == "auto" else int(float(value) * 1_000_000)
    bench.plant.pilot.settle()


APPLY = {
    "ev.cp_ohm": _ev_field("cp_ohm", _ohms),
    "ev.diode": _ev_field("diode", int),
    "ev.current_a": _current,
    "ev.follow": _ev_field("follow", int),
    "ev.power_factor": _ev_field("power_factor", float),
    "ev.model": _model,
    "cp.high_v": _pilot_field("forced_high_v"),
    "cp.low_v": _pilot_field("forced_low_v"),
    "cp.oscillator_permille": _oscillator,
    "cp.adc_v": _stuck,
    "adc.read_us": lambda bench, value: setattr(bench.world, "read_us", int(float(value))),
    "cp.rail_v": lambda bench, value: bench.plant.pilot.set_rail(float(value)),
    "box.reset": lambda bench, value: bench.box.requests.reset_faults(),
    "box.busy": lambda bench, value: bench.hold_services(int(value)),
    "box.flood": lambda bench, value: bench.flood(int(value)),
    "box.stall_ms": lambda bench, value: bench.world.stall(int(float(value) * 1_000)),
    "box.fault": lambda bench, value: bench.break_loop(value),
    "cp.noise_v": lambda bench, value: bench.plant.pilot.set_noise(float(value)),
    "cp.spike_ppm": lambda bench, value: bench.plant.pilot.set_spikes(float(value)),
    "pp.ohm": lambda bench, value: bench.plant.set_proximity(_ohms(value)),
    "mains.v": lambda bench, value: bench.plant.mains.set_volts(_phases(value)),
    "mains.hz": lambda bench, value: bench.plant.mains.set_hertz(float(value)),
    "rcm.dc_ma": lambda bench, value: bench.plant.residual.leak_dc(float(value)),
    "rcm.ac_ma": lambda bench, value: bench.plant.residual.leak_ac(float(value)),
    "rcm.dead": lambda bench, value: setattr(bench.plant.residual, "dead", int(value)),
    "meter.fault": lambda bench, value: bench.plant.break_meter(value),
    "contactor.fault": lambda bench, value: bench.plant.contactor.set_fault(value),
    "temp.c": lambda bench, value: bench.plant.set_temperature(float(value)),
    "button": lambda bench, value: setattr(bench.plant, "pressed", int(value)),
    "pe.ok": lambda bench, value: bench.plant.set_earth(int(value)),
    "link.broker": lambda bench, value: bench.set_broker(value),
    "power": lambda bench, value: bench.power(int(value)),
}


def apply(bench, signal, value):
    """Apply one row to the bench. Raises KeyError on a signal the host should have refused."""
    family, _, name = signal.partition(".")
    if family == "limit":
        bench.limit(name, value)
    elif family == "cmd":
        bench.command(name, json.dumps(json.loads(value)) if isinstance(value, str) else value)
    else:
        APPLY[signal](bench, value)
