"""Random cars, noise, commands and stalls over hours: what no history may do.

Beside test_properties: the commands live as long as the services let them, plateaus are noisy,
ticks come late, and the rules are asked of the outputs alone.
"""

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from pole import Pole

from state import duty, pilot
from state.duty import duty_bp
from state.offer import SLOTS
from state.records import NO_LIMIT
from state.session import PACE_S

MANY = int(os.environ.get("MUTATING", "60"))
REMOTE_MS = [1, 500, 60_000, 1 << 29]
AMPS = [NO_LIMIT, 0, 59, 60, 61, 130, 320, 800]
TICKS_MS = [9, 9, 9, 11, 54, 99, 609, 1_990]

commands = st.one_of(
    st.tuples(st.just("car"), st.sampled_from("AABBCCCCDEF")),
    st.tuples(st.just("enabled"), st.integers(0, 1)),
    st.tuples(st.just("remote"), st.tuples(st.sampled_from(AMPS), st.sampled_from(REMOTE_MS))),
    st.tuples(st.just("local"), st.tuples(st.integers(0, 7), st.sampled_from(AMPS))),
    st.tuples(st.just("reset"), st.none()),
    st.tuples(st.just("noise"), st.sampled_from([0, 0, 300, 900])),
    st.tuples(st.just("low"), st.sampled_from([None, None, -10_000, -9_999])),
    st.tuples(st.just("amps"), st.sampled_from([0, 0, 501, 16_000, 40_000])),
    st.tuples(st.just("mains"), st.sampled_from([230_000, 230_000, 150_000, 300_000])),
    st.tuples(st.just("dc"), st.sampled_from([250, 250, 660, 720, -600])),
    st.tuples(st.just("stall"), st.sampled_from(TICKS_MS)),
)
histories = st.lists(st.tuples(commands, st.sampled_from([1, 3, 60, 400])), max_size=30)


class Story:
    """A pole that hears a history tick by tick."""

    def __init__(self, limit_a=32, ventilated=0, request=False):
        self.pole = Pole(limit_a=limit_a)
        self.pole.settings.ventilated = ventilated
        self.noise_mv = 0
        self.against = 0  # ticks in a row whose burst forbids a closed contactor
        self._turn = 0
        self.pole.run(4_000)
        if not request:
            self.pole.car("B").run(3_000)
        self.pole.car("C").run(3_000)

    def tell(self, what, value):
        inputs = self.pole.inputs
        if what == "car":
            self.pole.car(value)
        elif what == "remote":
            inputs.remote_da, inputs.remote_lifetime_ms = value
            inputs.remote_serial += 1
        elif what == "local":
            inputs.limit_da[SLOTS.index("local0") + value[0]] = value[1]
        elif what == "noise":
            self.noise_mv = value
        elif what == "low":
            self.pole.low_mv = value
        elif what == "stall":
            self.pole.stall(value)
        else:
            self.sense(inputs, what, value)

    def sense(self, inputs, what, value):
        if what == "reset":
            inputs.reset_serial += 1
        elif what == "amps":
            inputs.current_ma[0] = inputs.peak_ma = value
        elif what == "mains":
            inputs.voltage_mv[:] = [value] * 3
        elif what == "dc":
            inputs.temperature_dc = value
        else:
            setattr(inputs, what, value)

    def tick(self):
        pole = self.pole
        before = pole.closed
        base_mv = pole.level_mv
        self._turn = (self._turn * 5 + 3) % 16
        pole.level_mv += self.noise_mv * (self._turn - 8) // 8
        pole.tick()
        pole.level_mv = base_mv
        return before


def opening_evidence(pole):
    """Return whether this very burst speaks against a closed contactor."""
    inputs, k = pole.inputs, pole.core
    low_bad = k.duty.is_pwm() and inputs.pilot_low_mv > pilot.DIODE_MV
    margin_mv = pilot.HYSTERESIS_MV
    top_mv, bottom_mv = pilot.EDGES_MV[1] + margin_mv, pilot.EDGES_MV[2] - margin_mv
    if k.settings.ventilated:
        bottom_mv = pilot.EDGES_MV[3] - margin_mv
    return low_bad or not bottom_mv < inputs.pilot_high_mv <= top_mv


def holds(pole):
    k = pole.core
    return 400 <= k.duty.changed_ms < 550 and pole.inputs.peak_ma > 1_500


def must_hold(story, was_closed):
    pole = story.pole
    k, out = pole.core, pole.outputs
    limits = [da for da in pole.inputs.limit_da if da != NO_LIMIT]
    if 0 < out.duty_bp < 10_000:
        assert 1_000 <= out.duty_bp <= duty_bp(max(min(limits[:1]), 60))
        lower = min([*limits, 800])
        if lower >= duty.MINIMUM_DA and k.duty.since_ms >= duty.CHANGE_MS + 20:
            assert out.duty_bp <= duty_bp(lower)
    against = opening_evidence(pole) and not holds(pole)
    story.against = story.against + 1 if against else 0
    if not out.close_contactor:
        return
    assert story.against < 2
    assert k.pilot.letter in (pilot.B, pilot.C, pilot.D)
    assert k.pilot.diode_proven and not k.protection.opening and out.lock
    if not was_closed:
        assert k.pilot.letter != pilot.B and k.offer.current_da >= duty.MINIMUM_DA
        assert 1_000 <= out.duty_bp <= 9_600


def play(story, history):
    for (what, value), ticks in history:
        story.tell(what, value)
        for _ in range(ticks):
            must_hold(story, story.tick())


@settings(max_examples=MANY, deadline=None)
@given(histories, st.integers(0, 1), st.booleans())
def test_no_command_noise_or_stall_closes_wrongly_or_keeps_closed(history, ventilated, request):
    play(Story(ventilated=ventilated, request=request), history)


@settings(max_examples=max(MANY // 4, 3), deadline=None)
@given(st.lists(st.sampled_from(["enabled", "remote", "local"]), min_size=8, max_size=16))
def test_what_flaps_round_6_a_closes_so_often_and_no_more(kinds):
    story = Story()
    pole = story.pole
    pole.tick_ms = 18
    closings = 1
    for kind in kinds:
        for on in (0, 1):
            da = 60 if on else 59
            value = {"enabled": on, "remote": (da, 1 << 29), "local": (0, da)}[kind]
            story.tell(kind, value)
            for _ in range(400):
                before = pole.closed
                pole.tick()
                closings += pole.closed > before
    own, commanded = pole.settings.most_interruptions, pole.settings.most_interruptions
    assert closings <= 1 + own + commanded + pole.core.session.seconds // PACE_S


numbers = st.integers(-(1 << 30) + 1, (1 << 30) - 1)


@settings(max_examples=MANY, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), numbers, st.integers(1, 60_000)), max_size=60))
def test_no_input_at_all_makes_a_step_fail_or_a_number_grow(changes):
    """Whatever the drivers hand over, the step ends, and what it drives is allowed."""
    pole = Pole()
    pole.follows = False
    pole.run(4_000)
    core, inputs, out = pole.core, pole.inputs, pole.outputs
    names = sorted(name for name, value in vars(inputs).items() if isinstance(value, int))
    names = [name for name in names if name not in ("remote_lifetime_ms",)]
    for which, value, elapsed_ms in changes:
        setattr(inputs, names[which % len(names)], value)
        core.step(elapsed_ms, out)
        assert out.duty_bp in (0, 10_000) or 1_000 <= out.duty_bp <= 9_600
        assert out.close_contactor in (0, 1)
        for part in (core, out, *vars(core).values()):
            for name, number in getattr(part, "__dict__", {}).items():
                if isinstance(number, int):
                    assert abs(number) < 1 << 30, name
