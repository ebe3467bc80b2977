"""Every row of the fault table: raised in time, does what it says, ends by its rule."""

import pytest
from pole import Pole

from state import events, faults
from state.fault_texts import TEXTS
from state.faults import (
    ACTION,
    ENDING,
    ENDS,
    FAULTS,
    GONE,
    LASTS,
    NAME,
    NOTE,
    OPEN,
    RESET,
    STOP,
    UNPLUG,
)
from state.offer import LOCAL, RATING, SLOTS
from state.session import PACE_S
from state.settings import Settings

ROW = {row[NAME]: row for row in FAULTS}


def set_field(name, value):
    def cause(pole):
        pole.follows = name not in ("contactor_closed", "residual_dc")
        setattr(pole.inputs, name, value)

    return cause


def car(letter):
    return lambda pole: pole.car(letter)


def low(level_mv):
    def cause(pole):
        pole.low_mv = level_mv

    return cause


def amps(ma):
    return lambda pole: pole.inputs.current_ma.__setitem__(1, ma)


def volts(*mv):
    return lambda pole: pole.inputs.voltage_mv.__setitem__(slice(None), mv)


def level(mv):
    return lambda pole: setattr(pole, "level_mv", mv)


def read_duty(bp):
    return lambda pole: setattr(pole, "read_duty_bp", bp)


def no_feedback(ma):
    def cause(pole):
        pole.follows = False
        pole.inputs.contactor_closed = 0
        pole.inputs.current_ma[0] = ma

    return cause


def open_pen(pole):
    pole.settings.open_pen = 1
    pole.inputs.voltage_mv[0] = 206_999


def interrupted(pole):
    pole.core.session.interruptions = 4


HOUSE = volts(230_000, 230_000, 230_000)
# code: (what causes it while charging, what takes the cause away)
CAUSES = {
    "pilot_short": (car("E"), car("C")),
    "pilot_undecided": (level(7_300), car("C")),
    "oscillator": (read_duty(3_268), read_duty(None)),
    "supply_rail": (low(-10_500), low(None)),
    "pilot_input": (set_field("pilot_spread_uv", 0), set_field("pilot_spread_uv", 900)),
    "diode_lost": (low(-8_800), low(None)),
    "cable_lost": (set_field("proximity_ohm", 99_999), set_field("proximity_ohm", 220)),
    "residual_dc": (set_field("residual_dc", 1), set_field("residual_dc", 0)),
    "residual_ac": (set_field("residual_ac", 1), set_field("residual_ac", 0)),
    "stuck_open": (no_feedback(500), amps(0)),
    "feedback_wrong": (no_feedback(501), no_feedback(0)),
    "earth_lost": (set_field("earth_ok", 0), set_field("earth_ok", 1)),
    "above_offer": (amps(16_801), amps(16_000)),
    "over_current": (amps(18_151), amps(0)),
    "over_current_hard": (amps(19_201), amps(0)),
    "overload": (amps(24_001), amps(0)),
    "over_voltage": (volts(230_000, 230_000, 270_001), HOUSE),
    "under_voltage": (volts(183_999, 230_000, 230_000), HOUSE),
    "frequency": (set_field("frequency_chz", 4_749), set_field("frequency_chz", 4_750)),
    "open_pen": (open_pen, HOUSE),
    "phase_lost": (volts(230_000, 99_999, 230_000), HOUSE),
    "hot": (set_field("temperature_dc", 710), set_field("temperature_dc", 619)),
    "thermometer": (set_field("temperature_dc", -341), set_field("temperature_dc", 250)),
    "cycled": (interrupted, car("C")),
}
# found otherwise: at boot, before the first closing, with the contactor open
ELSEWHERE = {"cable_undefined", "residual_test", "welded", "restarted", "crash_loop"}
ELSEWHERE.add("stage_failed")
BUILT_IN_MS = {"cable_lost": 500, "pilot_undecided": 3_000}  # the check itself waits
STILL = {  # one step this side of the threshold
    "pilot_undecided": level(7_250),
    "oscillator": read_duty(3_266),
    "supply_rail": low(-11_000),
    "stuck_open": lambda pole: None,
    "above_offer": amps(16_800),
    "over_current": amps(18_150),
    "over_current_hard": amps(19_200),
    "overload": amps(24_000),
    "over_voltage": volts(230_000, 230_000, 270_000),
    "under_voltage": volts(184_000, 230_000, 230_000),
    "frequency": set_field("frequency_chz", 5_100),
    "open_pen": volts(207_000, 253_000, 230_000),
    "phase_lost": volts(230_000, 100_000, 230_000),
    "hot": set_field("temperature_dc", 709),
    "thermometer": set_field("temperature_dc", -340),
}


@pytest.fixture
def charging():
    return Pole().charging().run(2_000)


@pytest.mark.parametrize("code", CAUSES)
def test_a_fault_while_charging_acts_as_its_row_says(charging, code):
    CAUSES[code][0](charging)
    took_ms = charging.until(lambda p: code in p.faults, 31_000)
    lasts_ms = max(ROW[code][LASTS], BUILT_IN_MS.get(code, 0))
    assert lasts_ms <= took_ms <= lasts_ms + 30
    if ROW[code][ACTION] == OPEN:
        assert not charging.closed
    elif ROW[code][ACTION] == NOTE:
        assert charging.closed and charging.outputs.duty_bp < 10_000
        assert charging.outputs.light == 2
    else:
        assert charging.closed and charging.outputs.duty_bp == 10_000
        charging.until(lambda p: not p.closed, 7_000)


@pytest.mark.parametrize("code", CAUSES)
def test_a_fault_ends_by_its_rule_and_no_sooner(charging, code):
    cause, remedy = CAUSES[code]
    cause(charging)
    charging.until(lambda p: code in p.faults, 31_000)
    charging.run(50)
    remedy(charging)
    charging.follows = True
    ends, wait_ms, _ = ROW[code][ENDING]
    if ends == GONE:
        took_ms = charging.until(lambda p: code not in p.faults, 70_000)
        # the diode is out of sight in x1 already; our own F hides the pilot for its 300 ms
        assert wait_ms - 60 <= took_ms <= wait_ms + 320
        charging.until(lambda p: p.closed, 10_000)
    elif ends == UNPLUG:
        charging.run(60_000)
        assert code in charging.faults
        charging.car("A")
        took_ms = charging.until(lambda p: code not in p.faults, 3_000)
        assert 2_500 <= took_ms <= 2_530  # a false A does not end the session
        charging.run(3_000).charging()


@pytest.mark.parametrize("code", ["residual_dc", "cable_lost", "stuck_open"])
def test_a_reset_ends_what_is_no_longer_there(charging, code):
    cause, remedy = CAUSES[code]
    cause(charging)
    charging.until(lambda p: code in p.faults, 3_000)
    charging.inputs.reset_serial += 1
    charging.tick()
    assert code in charging.faults or code == "stuck_open"
    remedy(charging)
    charging.follows = True
    charging.run(300)
    charging.inputs.reset_serial += 1
    charging.run(30)
    assert not charging.faults


def test_a_fault_shows_f_for_300_ms_and_then_x1(charging):
    charging.inputs.earth_ok = 0
    charging.until(lambda p: p.outputs.duty_bp == 0, 100)
    assert 300 <= charging.until(lambda p: p.outputs.duty_bp == 10_000) <= 320


def test_a_welded_contactor_is_told_and_keeps_the_plug_locked(charging):
    charging.car("B")
    charging.until(lambda p: not p.closed, 100)
    charging.follows = False
    charging.inputs.contactor_closed = 1
    assert 190 <= charging.until(lambda p: "welded" in p.faults, 400) <= 230
    charging.car("A").run(20_000)
    assert charging.faults == ["welded"]
    assert charging.outputs.lock == 1
    charging.inputs.contactor_closed = 0
    charging.run(1_000)
    assert charging.faults == ["welded"] and ROW["welded"][ENDING][ENDS] == RESET


def test_a_weld_forbids_closing():
    pole = Pole()
    pole.follows = False
    pole.inputs.contactor_closed = 1
    pole.run(4_000).car("B").run(3_000).car("C").run(5_000)
    assert not any(event[1] == events.CONTACTOR for event in pole.log)


@pytest.mark.parametrize("ohm", [0, 59, 390, 4_501, 99_999])
def test_an_undefined_cable_is_refused(ohm):
    pole = Pole()
    pole.inputs.proximity_ohm = ohm
    pole.run(4_000).car("B").run(3_000).car("C").run(5_000)
    assert pole.faults == ["cable_undefined"]
    assert not pole.closed and pole.outputs.duty_bp == 10_000


def test_a_box_with_a_fixed_cable_does_not_read_the_cable():
    pole = Pole()
    pole.settings.has_socket = 0
    pole.inputs.proximity_ohm = 0
    pole.charging()


def test_a_dead_monitor_is_found_before_the_first_closing():
    pole = Pole()
    pole.follows = False
    pole.inputs.lock_shut = 1
    pole.run(4_000).car("B")
    assert 1_000 <= pole.until(lambda p: "residual_test" in p.faults, 2_000) <= 1_100
    pole.car("C").run(5_000)
    assert not pole.closed


def test_a_monitor_that_never_releases_is_found():
    pole = Pole()
    pole.follows = False
    pole.inputs.lock_shut = 1
    pole.run(4_000).car("B").run(50)
    pole.inputs.residual_dc = 1
    assert pole.until(lambda p: "residual_test" in p.faults, 3_000) <= 1_600


def test_the_monitors_own_test_is_no_fault():
    pole = Pole().run(4_000).car("B").run(2_000)
    assert not pole.faults
    assert pole.core.residual_test.passed


def test_the_reading_is_blind_for_a_second_after_switching():
    pole = Pole().run(4_000).car("B").run(2_000).car("C")
    pole.until(lambda p: p.closed)
    pole.follows = False
    pole.inputs.contactor_closed = 1
    pole.inputs.lock_shut = 1
    pole.inputs.residual_dc = 1
    assert 1_000 <= pole.until(lambda p: not p.closed, 1_200) <= 1_100


def test_every_edge_of_a_fault_is_one_event(charging):
    charging.inputs.earth_ok = 0
    charging.run(200)
    charging.inputs.earth_ok = 1
    charging.run(31_000)
    row = [row[NAME] for row in FAULTS].index("earth_lost")
    edges = [event[1] for event in charging.log if event[1:3] in ((2, row), (3, row))]
    assert edges == [events.FAULT, events.FAULT_CLEARED]


def test_an_exception_in_the_loop_is_final():
    pole = Pole().charging()
    pole.core.fail(pole.outputs)
    assert (pole.outputs.close_contactor, pole.outputs.duty_bp) == (0, 0)
    pole.run(2_000).car("A").run(2_000)
    assert pole.faults == ["stage_failed"]
    assert pole.iec == "F" and pole.outputs.duty_bp == 0


def test_what_the_car_can_end_itself_is_stopped_and_not_cut():
    stopped = {row[NAME] for row in FAULTS if row[ACTION] == STOP}
    assert stopped >= {"hot", "over_current", "under_voltage", "frequency", "cycled"}
    assert not stopped & {"residual_dc", "diode_lost", "earth_lost", "overload", "welded"}


def test_every_row_has_its_cause_here():
    assert set(CAUSES) | ELSEWHERE == set(faults.CODES)
    assert not set(CAUSES) & ELSEWHERE


@pytest.mark.parametrize("code", STILL)
def test_a_step_before_the_threshold_is_no_fault(charging, code):
    if code == "open_pen":
        charging.settings.open_pen = 1
    STILL[code](charging)
    charging.run(35_000)
    assert code not in charging.faults


@pytest.mark.parametrize("code", [row[NAME] for row in FAULTS if row[4][2] == faults.TRIES])
def test_a_fault_of_the_cars_side_has_three_tries_a_plug_in(charging, code):
    cause, remedy = CAUSES[code]
    charging.settings.most_interruptions = 100
    for _ in range(faults.TRIES):
        cause(charging)
        charging.until(lambda p: code in p.faults, 31_000)
        remedy(charging)
        charging.until(lambda p: p.closed and not p.faults, 60_000)
        charging.run(2_000)
    cause(charging)
    charging.until(lambda p: code in p.faults, 31_000)
    remedy(charging)
    charging.run(100_000)
    assert code in charging.faults and not charging.closed
    charging.car("A").run(3_000)
    assert not charging.faults
    charging.charging()


def test_the_faults_fit_a_small_integer_of_the_board():
    assert len(FAULTS) <= 30


def test_restarts_by_the_watchdog_wait_and_a_loop_of_them_ends_in_f():
    settings = Settings()
    settings.crashes = 1
    pole = Pole(settings=settings).car("C").run(1_000)
    assert pole.faults == ["restarted"] and pole.iec != "F"
    assert 29_000 <= pole.until(lambda p: not p.faults) <= 31_000
    pole.until(lambda p: p.closed, 10_000)
    settings.crashes = 4
    assert Pole(settings=settings).run(100).faults == ["restarted"]
    settings.crashes = 5
    pole = Pole(settings=settings).run(60_000)
    assert pole.iec == "F" and pole.faults == ["crash_loop"]
    pole.inputs.reset_serial += 1
    pole.run(2_000)
    assert not pole.faults
    pole.charging()


@pytest.mark.parametrize("feedback", [1, 0])
def test_a_weld_is_found_by_its_current_alone(charging, feedback):
    charging.settings.has_feedback = feedback
    charging.car("B")
    charging.until(lambda p: not p.closed, 100)
    charging.inputs.current_ma[2] = 501
    assert 3_190 <= charging.until(lambda p: p.faults == ["welded"], 4_000) <= 3_230
    charging.car("A").run(20_000)
    assert charging.outputs.lock == 1
    # a mirror contact says open: enough against a current that may be a transformer's fault
    assert charging.outputs.trip_upstream == (0 if feedback else 1)
    charging.inputs.current_ma[2] = 0
    charging.inputs.reset_serial += 1
    charging.run(20)
    assert not charging.faults and charging.outputs.trip_upstream == 0


def test_the_cars_own_discharge_after_opening_is_no_weld(charging):
    charging.car("B")
    charging.until(lambda p: not p.closed, 100)
    charging.inputs.current_ma[0] = 1_050
    charging.run(2_900)
    charging.inputs.current_ma[0] = 500
    charging.run(5_000)
    assert not charging.faults


def test_a_lower_offer_gives_the_car_its_time(charging):
    """oc-grace: cars took 3 to 8 s to follow, EVerest allows 5 + 6: the old one counts for 7 s."""
    charging.inputs.limit_da[LOCAL] = 100
    charging.inputs.current_ma[0] = 16_000
    charging.until(lambda p: p.outputs.duty_bp < 2_000, 6_000)
    assert 6_990 <= charging.until(lambda p: p.core.duty.allowed_da == 100, 8_000) <= 7_010
    charging.run(4_500)
    assert not charging.faults
    charging.inputs.current_ma[0] = 10_000
    charging.run(40_000)
    assert not charging.faults and charging.closed


def test_offers_that_fall_every_5_s_do_not_hide_what_is_drawn(charging):
    """Each was signalled for 5 s when the next one came, so the first one counts no longer."""
    for da in (150, 140, 130):
        charging.inputs.limit_da[LOCAL] = da
        charging.run(5_050)
    assert charging.core.duty.allowed_da == 140


def test_a_higher_offer_counts_at_once(charging):
    charging.inputs.limit_da[RATING] = 320
    charging.until(lambda p: p.outputs.duty_bp > 5_000, 6_000)
    assert charging.core.duty.allowed_da == 320


def test_limits_that_flap_interrupt_a_car_four_times_and_no_more(charging):
    for _ in range(9):
        charging.inputs.limit_da[LOCAL] = 50
        charging.run(7_000)
        charging.inputs.limit_da[LOCAL] = -1
        charging.run(8_000)
    closings = [event for event in charging.log if event[1:3] == (events.CONTACTOR, 1)]
    assert len(closings) == 4 and not charging.faults
    assert SLOTS[charging.core.offer.slot] == "paced"
    charging.car("A").run(3_000).charging()


def by_switch(pole, on):
    pole.inputs.enabled = on


def by_remote_limit(pole, on):
    inputs = pole.inputs
    inputs.remote_da, inputs.remote_lifetime_ms = 60 if on else 59, 60_000
    inputs.remote_serial += 1


@pytest.mark.parametrize("command", [by_switch, by_remote_limit])
def test_commands_interrupt_four_times_and_then_once_in_ten_minutes(command):
    pole = Pole(tick_ms=18).charging()
    for _ in range(4):
        command(pole, 0)
        pole.run(8_000)
        command(pole, 1)
        pole.run(4_000)
    assert not pole.closed and not pole.faults
    assert SLOTS[pole.core.offer.slot] == "paced" and pole.core.offer.current_da == 0
    pole.until(lambda p: p.closed, PACE_S * 1_000)
    assert pole.core.session.seconds in (PACE_S, PACE_S + 1, PACE_S + 2)
    command(pole, 0)
    pole.run(8_000)
    command(pole, 1)
    pole.run(60_000)
    assert not pole.closed
    pole.inputs.reset_serial += 1
    pole.until(lambda p: p.closed, 10_000)
    command(pole, 0)
    pole.run(100)
    assert SLOTS[pole.core.offer.slot] != "paced"


def test_the_next_car_starts_with_a_clean_sheet():
    pole = Pole(tick_ms=18).charging()
    for _ in range(4):
        by_switch(pole, 0)
        pole.run(8_000)
        by_switch(pole, 1)
        pole.run(4_000)
    pole.car("A").run(4_000).charging()
    assert pole.core.session.commanded == 0


def test_what_is_off_or_faulty_says_that_and_not_its_pace(charging):
    charging.core.session.commanded = 4
    by_switch(charging, 0)
    charging.run(50)
    assert SLOTS[charging.core.offer.slot] == "disabled"
    charging.inputs.earth_ok = 0
    charging.run(50)
    assert SLOTS[charging.core.offer.slot] == "fault"


def test_a_car_without_s2_is_interrupted_three_times():
    pole = Pole().run(4_000).car("C")
    pole.until(lambda p: p.closed, 10_000)
    for _ in range(10):
        pole.inputs.limit_da[LOCAL] = 0
        pole.run(8_000)
        pole.inputs.limit_da[LOCAL] = -1
        pole.run(8_000)
    assert len([event for event in pole.log if event[1:3] == (events.CONTACTOR, 1)]) == 3


def test_a_single_phase_house_misses_no_phase():
    pole = Pole()
    HOUSE_1 = volts(230_000, 0, 0)
    HOUSE_1(pole)
    pole.charging().run(10_000)
    assert not pole.faults
    volts(0, 0, 0)(pole)
    pole.run(5_000)
    assert pole.faults == ["under_voltage"]


def test_the_monitor_is_tested_every_day_without_a_car():
    pole = Pole()
    tests = 0
    while pole.now_ms < 3 * 86_400_000:
        before = pole.outputs.residual_test
        pole.tick_ms = 9 if pole.core.residual_test.running else 60_000
        pole.tick()
        tests += pole.outputs.residual_test > before
    assert tests == 2  # after 24 h and 48 h; the third is due now
    assert not pole.faults


@pytest.mark.parametrize(
    "celsius, offered", [(64.9, 320), (65, 160), (67.9, 160), (68, 80), (70.9, 80)]
)
def test_heat_reduces_the_offer_before_it_stops(celsius, offered):
    pole = Pole(limit_a=32)
    pole.inputs.temperature_dc = int(celsius * 10)
    pole.charging().run(6_000)
    assert pole.core.offer.current_da == offered
    pole.inputs.temperature_dc = 620
    pole.run(6_000)
    assert pole.core.offer.current_da == offered
    pole.inputs.temperature_dc = 619
    pole.run(6_000)
    assert pole.core.offer.current_da == 320


def test_a_blind_thermometer_leaves_6_a():
    pole = Pole()
    pole.inputs.temperature_dc = -400
    pole.charging()
    assert pole.core.offer.current_da == 60 and pole.faults == ["thermometer"]


def test_a_meter_that_cannot_be_believed_leaves_6_a(charging):
    """Its currents read 0: no row of over-current and no weld would be seen."""
    charging.inputs.meter_valid = 0
    charging.run(1)
    assert (charging.core.offer.current_da, SLOTS[charging.core.offer.slot]) == (60, "meter")
    charging.run(60_000)
    assert charging.closed and not charging.faults
    charging.inputs.limit_da[LOCAL] = 0
    charging.run(1)
    assert charging.core.offer.current_da == 0
    charging.inputs.limit_da[LOCAL], charging.inputs.meter_valid = -1, 1
    charging.run(1)
    assert SLOTS[charging.core.offer.slot] == "rating"


def test_a_meter_has_3_s_after_a_start_for_its_first_reading():
    pole = Pole()
    pole.inputs.meter_valid = 0
    pole.run(2_990)
    assert SLOTS[pole.core.offer.slot] == "rating"
    pole.run(20)
    assert (pole.core.offer.current_da, SLOTS[pole.core.offer.slot]) == (60, "meter")


def test_rows_named_by_number_are_those():
    names = [row[NAME] for row in FAULTS]
    assert names.index("residual_dc") == faults.RESIDUAL_DC
    assert names.index("residual_ac") == faults.RESIDUAL_AC
    assert names.index("hot") == faults.HOT


def test_codes_are_unique_and_explained():
    assert len(ROW) == len(FAULTS)
    assert list(TEXTS) == list(faults.CODES)
    assert all(6 < len(cause) < 60 and len(advice) > 3 for cause, advice in TEXTS.values())


@pytest.mark.parametrize("chz", [4_750, 5_100, 5_750, 6_000, 6_100, 0])
def test_a_grid_of_50_or_60_hertz_is_right(charging, chz):
    charging.inputs.frequency_chz = chz
    charging.run(3_000)
    assert charging.faults == []


@pytest.mark.parametrize("chz", [4_749, 5_101, 5_500, 5_556, 5_749, 6_101])
def test_what_is_neither_is_stopped(charging, chz):
    charging.inputs.frequency_chz = chz
    charging.run(3_000)
    assert "frequency" in charging.faults
