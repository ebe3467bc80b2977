"""Whatever cars, limits and faults do: what must hold in every single tick."""

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from pole import LEVEL_MV, Pole

from state.offer import LOCAL
from state.records import NO_LIMIT

MANY = int(os.environ.get("MUTATING", "150"))
SOME = min(MANY, 60)
settings.register_profile("mutating", derandomize=True, database=None)
if "MUTATING" in os.environ:
    settings.load_profile("mutating")
FIELDS = ("residual_dc", "residual_ac", "earth_ok", "enabled", "lock_shut", "contactor_closed")

steps = st.one_of(
    st.tuples(st.just("car"), st.sampled_from("ABCDEF")),
    st.tuples(st.just("level"), st.integers(-13_000, 13_000)),
    st.tuples(st.just("low"), st.sampled_from([None, -12_000, -9_000, -5_600, 0])),
    st.tuples(st.just("limit"), st.sampled_from([NO_LIMIT, 0, 59, 60, 100, 320, 800])),
    st.tuples(st.sampled_from(FIELDS), st.integers(0, 1)),
    st.tuples(st.just("proximity_ohm"), st.sampled_from([0, 100, 220, 390, 680, 1_500, 99_999])),
    st.tuples(st.just("temperature_dc"), st.integers(-400, 1_200)),
    st.tuples(st.just("peak_ma"), st.sampled_from([0, 1_500, 1_501, 22_000])),
    st.tuples(st.sampled_from(["reset", "unlock", "test"]), st.none()),
)
histories = st.lists(st.tuples(steps, st.sampled_from([9, 50, 600, 3_500, 7_000])), max_size=40)


def apply(pole, step):
    what, value = step
    if what == "car":
        pole.car(value)
    elif what == "level":
        pole.level_mv = value
    elif what == "low":
        pole.low_mv = value
    elif what == "limit":
        pole.inputs.limit_da[LOCAL] = value
    elif what in ("reset", "unlock", "test"):
        name = what + "_serial"
        setattr(pole.inputs, name, getattr(pole.inputs, name) + 1)
    else:
        pole.follows = what not in ("lock_shut", "contactor_closed", "residual_dc")
        setattr(pole.inputs, what, value)


def check(pole, bad_ms):
    """bad_ms: how long the pilot has not shown a chargeable level under a closed contactor."""
    core, out = pole.core, pole.outputs
    duty = out.duty_bp
    assert duty in (0, 10_000) or 1_000 <= duty <= 9_600
    if 0 < duty < 10_000:
        assert core.charging.state != 11
    if not out.close_contactor:
        return 0
    assert core.pilot.diode_proven
    assert core.residual_test.passed
    assert out.lock and not core.unlocking_ms
    assert not core.protection.opening
    level_ok = 4_500 - 250 < pole.inputs.pilot_high_mv <= 7_500 + 250
    bad_ms = 0 if level_ok else bad_ms + pole.tick_ms
    held = core.duty.changed_ms < 550 and pole.inputs.peak_ma > 1_500
    assert bad_ms < 2 * pole.tick_ms or held, "closed through %d ms of a wrong level" % bad_ms
    return bad_ms


@settings(max_examples=MANY, deadline=None)
@given(histories)
def test_no_history_closes_the_contactor_wrongly(history):
    pole = Pole()
    bad_ms = 0
    for step, span_ms in [
        (("car", "A"), 3_500),
        (("car", "B"), 3_500),
        (("car", "C"), 3_500),
    ] + history:
        apply(pole, step)
        for _ in range(span_ms // pole.tick_ms):
            pole.tick()
            bad_ms = check(pole, bad_ms)


@settings(max_examples=SOME, deadline=None)
@given(histories)
def test_every_number_stays_inside_31_bits(history):
    pole = Pole()
    for step, span_ms in history:
        apply(pole, step)
        pole.run(span_ms)
        for part in (pole.core, pole.inputs, pole.outputs, *vars(pole.core).values()):
            for name, value in getattr(part, "__dict__", {}).items():
                if isinstance(value, int):
                    assert abs(value) < 1 << 30, name


@settings(max_examples=SOME, deadline=None)
@given(histories)
def test_from_anywhere_a_willing_car_is_charged_after_unplugging_and_reset(history):
    pole = Pole()
    for step, span_ms in history:
        apply(pole, step)
        pole.run(span_ms)
    inputs = pole.inputs
    pole.low_mv, pole.follows = None, True
    inputs.residual_dc = inputs.residual_ac = 0
    inputs.earth_ok = inputs.enabled = 1
    inputs.proximity_ohm, inputs.temperature_dc, inputs.peak_ma = 220, 250, 0
    inputs.limit_da[LOCAL] = NO_LIMIT
    pole.car("A").run(40_000)
    inputs.reset_serial += 1
    pole.run(1_000).charging()
    assert pole.iec == "C2"


def test_the_levels_of_the_pole_are_the_standards():
    assert LEVEL_MV == {"A": 12_000, "B": 9_000, "C": 6_000, "D": 3_000, "E": 0, "F": -12_000}
