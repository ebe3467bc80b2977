"""What a safety review found: each was seen on the whole box before it was mended."""

import pytest
from core_settings import settings
from pole import Pole

from state.charging import SEQUENCES
from state.events import CONTACTOR, FAULT
from state.faults import ENDING, ENDS, FAULTS, LASTING, NAME, UNPLUG
from state.interlock import permits
from state.mains import Mains
from state.offer import LOCAL, SLOTS
from state.records import NO_LIMIT
from state.session import PACE_S
from storage.config import Config
from storage.reading import Reading


@pytest.fixture
def charging():
    return Pole(limit_a=32).charging().run(6_000)


def test_a_cars_own_short_a_does_not_end_a_latch(charging):
    charging.follows = False
    charging.inputs.residual_dc = 1
    charging.until(lambda p: "residual_dc" in p.faults, 3_000)
    charging.follows = True
    session = charging.core.session.number
    charging.run(2_000).car("A").run(2_400).car("C").run(60_000)
    assert charging.core.session.number == session
    assert charging.faults == ["residual_dc"] and not charging.closed
    charging.car("A").run(2_600)
    assert not charging.faults and not charging.core.session.number


@pytest.mark.parametrize(
    "row", [r for r in FAULTS if r[ENDING][ENDS] == UNPLUG], ids=lambda r: r[NAME]
)
def test_every_latch_lasts_as_long_as_the_session(row):
    pole = Pole().charging()
    at = FAULTS.index(row)
    pole.core.protection.faults |= 1 << at
    pole.core.protection.busy = 1
    pole.car("A")
    pole.until(lambda p: not p.core.protection.has(at), 4_000)
    assert pole.core.session.number == 0


def test_a_cable_is_not_read_anew_after_the_wake_up_signal():
    pole = Pole(limit_a=32)
    pole.inputs.proximity_ohm = 680
    pole.run(5_000).car("B").run(10_000)
    pole.inputs.proximity_ohm = 220
    pole.run(60_000)
    assert pole.core._woken == 1
    assert pole.core.offer.current_da == pole.core.duty.signalled_da == 200


@pytest.mark.parametrize("letter", "AEF")
def test_a_cable_is_kept_while_the_pilot_hides_the_car(letter):
    pole = Pole(limit_a=32)
    pole.inputs.proximity_ohm = 680
    pole.charging()
    pole.inputs.proximity_ohm = 220
    duties = set()
    for seen, span_ms in ((letter, 2_000), ("C", 60_000)):
        pole.car(seen)
        for _ in range(span_ms // 9):
            pole.tick()
            duties.add(pole.core.duty.signalled_da)
    assert pole.closed and duties <= {0, 200}


def test_a_cable_pulled_from_the_box_is_no_fault():
    pole = Pole().charging()
    pole.inputs.proximity_ohm = 99_999
    n = len(pole.log)
    pole.car("A").run(5_000)
    assert not [event for event in pole.log[n:] if event[1] == FAULT]


def test_the_next_cable_is_read_anew():
    pole = Pole(limit_a=32)
    pole.inputs.proximity_ohm = 680
    pole.charging().car("A").run(3_000)
    pole.inputs.proximity_ohm = 220
    pole.run(1_000).car("B").run(5_000)
    assert pole.core.offer.current_da == 320


@pytest.mark.parametrize("readings, offer_da", [(1, 320), (3, 320), (4, 130)])
def test_a_lower_cable_is_believed_at_the_fourth_reading(charging, readings, offer_da):
    charging.inputs.proximity_ohm = 1_500
    charging.run(72 * readings)
    charging.inputs.proximity_ohm = 220
    charging.run(20_000)
    assert charging.core.offer.current_da == offer_da


def told(pole, n):
    return [event for event in pole.log[n:] if event[1] == CONTACTOR]


@pytest.mark.parametrize("enabled, letter", [(1, "C2"), (0, "C1")])
def test_a_lock_that_opens_under_charge_opens_the_contactor(charging, enabled, letter):
    charging.inputs.enabled = enabled
    charging.run(100)
    charging.follows = False
    charging.inputs.contactor_closed, charging.inputs.lock_shut = 1, 0
    n = len(charging.log)
    assert charging.until(lambda p: not p.closed, 1_000) <= 63
    assert SEQUENCES[told(charging, n)[0][3]] == "lock"
    assert charging.iec == letter and charging.outputs.lock
    charging.inputs.contactor_closed = 0
    charging.run(10_000)
    assert not charging.closed and not charging.faults
    charging.follows, charging.inputs.enabled = True, 1
    charging.until(lambda p: p.closed, 8_000)


def test_a_switch_of_the_lock_may_bounce_and_a_box_may_have_none(charging):
    charging.follows = False
    charging.inputs.contactor_closed, charging.inputs.lock_shut = 1, 0
    charging.run(45)
    charging.inputs.lock_shut = 1
    charging.run(45)
    charging.inputs.lock_shut = 0
    charging.run(45)
    assert charging.closed
    charging.settings.has_lock = 0
    assert charging.run(10_000).closed


def test_a_lock_that_opens_again_and_again_ends_the_charge():
    pole = Pole().charging()
    for _ in range(4):
        pole.until(lambda p: p.closed, 10_000)
        pole.follows = False
        pole.inputs.contactor_closed, pole.inputs.lock_shut = 1, 0
        pole.until(lambda p: not p.closed, 1_000)
        pole.follows = True
    assert pole.run(60_000).faults == ["cycled"] and not pole.closed


def test_the_interlock_asks_for_the_lock_itself():
    pole = Pole().charging()
    assert permits(pole.core)
    pole.core.unlocked_ms = 51
    assert not permits(pole.core)


def heat(pole, on):
    pole.inputs.temperature_dc = 720 if on else 500


def weak_mains(pole, on):
    pole.inputs.voltage_mv[:] = [150_000 if on else 230_000] * 3


def house_limit(pole, on):
    pole.inputs.limit_da[LOCAL] = 0 if on else NO_LIMIT


@pytest.mark.parametrize("trouble", [heat, weak_mains, house_limit])
def test_what_passes_never_locks_the_box(trouble):
    """Four interruptions as ever, then one in ten minutes, and no unplugging."""
    pole = Pole(tick_ms=20).charging()
    for _ in range(5):
        trouble(pole, 1)
        pole.run(12_000)
        trouble(pole, 0)
        pole.run(36_000)
    ends = [event for event in pole.log if event[1:3] == (CONTACTOR, 0)]
    assert len(ends) == 4 and not pole.closed
    assert not pole.faults and SLOTS[pole.core.offer.slot] == "paced"
    pole.core.session.seconds += PACE_S - 300
    pole.until(lambda p: p.closed, 100_000)
    assert (pole.core.session.outages, pole.core.session.interruptions) == (4, 0)


def test_which_faults_count_until_unplugging():
    passing = {FAULTS[k][NAME] for k in range(len(FAULTS)) if not LASTING >> k & 1}
    assert passing == {
        *("supply_rail", "pilot_input", "over_voltage", "under_voltage", "frequency"),
        *("open_pen", "phase_lost", "hot", "restarted", "above_offer", "thermometer"),
    }


@pytest.mark.parametrize(
    "volts, told",
    [
        ((140, 140, 140), True),
        ((0, 60, 0), True),
        ((159, 0, 0), True),
        ((59, 59, 59), False),  # a dead wire beside a live one
        ((0, 0, 0), False),
        ((230, 0, 0), False),
        ((230, 90, 90), False),
    ],
)
def test_a_brown_out_is_seen_from_the_start_on(volts, told):
    pole = Pole()
    pole.inputs.voltage_mv[:] = [1_000 * v for v in volts]
    pole.run(5_000).car("B").run(2_000).car("C").run(5_000)
    assert pole.faults == (["under_voltage"] if told else [])
    assert pole.closed != told


def test_a_meter_that_is_not_believed_tells_no_brown_out():
    pole = Pole()
    pole.inputs.voltage_mv[:] = [140_000] * 3
    pole.inputs.meter_valid = 0
    assert not pole.run(10_000).faults


def test_a_backup_supply_of_one_phase_charges_after_ten_minutes():
    pole = Pole(tick_ms=18).charging()
    pole.inputs.voltage_mv[:] = [230_000, 0, 20_000]
    pole.run(20_000)
    assert pole.faults == ["phase_lost"] and not pole.closed
    pole.core.mains._lost_ms += 570_000
    pole.run(20_000)
    assert pole.core.mains.seen == 1
    pole.run(35_000)
    assert not pole.faults and pole.closed
    pole.inputs.voltage_mv[:] = [230_000] * 3
    pole.run(5_000)
    assert pole.closed and pole.core.mains.seen == 7
    pole.inputs.voltage_mv[1] = 0
    pole.run(5_000)
    assert pole.faults == ["phase_lost"]


def test_a_phase_that_comes_and_goes_is_not_forgotten():
    house = Mains()
    for span_ms, volts in ((1, 230), (599_999, 0), (1, 230), (599_999, 0)):
        house.step([230_000, 1_000 * volts, 230_000])
        house.age(span_ms)
        assert house.seen == 7
    house.age(1)
    assert house.seen == 5


def test_a_phase_is_not_forgotten_under_charge():
    pole = Pole().charging()
    pole.inputs.voltage_mv[1] = 0
    pole.run(500)
    assert pole.closed and pole.core.mains._lost_ms == 0


@pytest.mark.parametrize("wish_da, safe_da", [(0, 60), (100, 160), (160, 60), (160, 0)])
def test_a_remote_limit_whose_sender_died_ends_in_the_safe_current(wish_da, safe_da):
    pole = Pole(limit_a=32)
    pole.core.offer.remote._safe_da = safe_da
    pole.inputs.remote_da, pole.inputs.remote_lifetime_ms = wish_da, 1_000
    pole.inputs.remote_serial = 1
    pole.run(900)
    assert pole.core.offer.current_da == wish_da
    pole.run(200)
    assert pole.core.offer.current_da == safe_da


@pytest.mark.parametrize("limit_da", [-2, -30])
def test_only_no_limit_is_none(charging, limit_da):
    assert NO_LIMIT == -1
    charging.inputs.limit_da[LOCAL] = limit_da
    charging.run(50)
    assert (charging.core.offer.current_da, charging.core.offer.slot) == (0, LOCAL)
    charging.inputs.limit_da[LOCAL] = NO_LIMIT
    charging.run(50)
    assert charging.core.offer.current_da == 320


@pytest.mark.parametrize("span_ms, offer_da", [(72, 320), (900, 320), (1_100, 60)])
@pytest.mark.parametrize("reading_dc", [-400, 1_250])
def test_one_reading_of_the_thermometer_is_not_believed(charging, span_ms, offer_da, reading_dc):
    charging.inputs.temperature_dc = reading_dc
    for _ in range(span_ms // 9):
        charging.tick()
    assert charging.core.offer.current_da in (offer_da, 0)
    charging.inputs.temperature_dc = 250
    charging.run(5_000)
    assert ("thermometer" in charging.faults) == (offer_da == 60)


def test_our_own_minus_12_v_may_show_no_noise():
    """As where the converter ends above it: both boards of esp32-evse, of the wake-up signal."""
    pole = Pole().run(5_000).car("B")
    for _ in range(60_000 // 9):
        pole.inputs.pilot_spread_uv = 0 if pole.outputs.duty_bp == 0 else 1_000
        pole.tick()
        assert not pole.faults
    assert pole.core._woken == 1
    pole.inputs.pilot_spread_uv = 0
    assert pole.run(2_000).faults == ["pilot_input"]


class Wiring:
    proximity = lock = 1


class Board:
    CONTACTOR = {"feedback": 1}


@pytest.mark.parametrize("set_hz, chz, told", [(51, 5_120, 1), (52, 5_190, 0), (53, 5_301, 1)])
def test_an_islands_frequency_may_be_allowed(set_hz, chz, told):
    config = Config()
    config.set("high_hz", set_hz)
    pole = Pole(settings=settings(Wiring, Board, config, Reading(), 0))
    pole.inputs.frequency_chz = chz
    pole.run(5_000)
    assert pole.faults == (["frequency"] if told else [])
