"""Every row of the fault table: raised in time, does what it says, ends by its rule."""

import pytest
from pole import Pole

from state import events, protection
from state.protection import (
    ACTION,
    ENDS,
    FAULTS,
    GONE,
    LASTS,
    NAME,
    OPEN,
    RESET,
    STOP,
    UNPLUG,
    WAIT,
)

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


# code: (what causes it while charging, what takes the cause away)
CAUSES = {
    "pilot_short": (car("E"), car("C")),
    "pilot_negative": (car("F"), car("C")),
    "diode_lost": (low(-8_800), low(None)),
    "cable_lost": (set_field("proximity_ohm", 99_999), set_field("proximity_ohm", 220)),
    "residual_dc": (set_field("residual_dc", 1), set_field("residual_dc", 0)),
    "residual_ac": (set_field("residual_ac", 1), set_field("residual_ac", 0)),
    "earth_lost": (set_field("earth_ok", 0), set_field("earth_ok", 1)),
    "hot": (set_field("temperature_dc", 710), set_field("temperature_dc", 619)),
    "stuck_open": (set_field("contactor_closed", 0), set_field("contactor_closed", 0)),
}


@pytest.fixture
def charging():
    return Pole().charging().run(2_000)


@pytest.mark.parametrize("code", CAUSES)
def test_a_fault_while_charging_acts_as_its_row_says(charging, code):
    CAUSES[code][0](charging)
    took_ms = charging.until(lambda p: code in p.faults, 3_000)
    lasts_ms = ROW[code][LASTS] if code != "cable_lost" else 500
    assert lasts_ms <= took_ms <= lasts_ms + 30
    if ROW[code][ACTION] == OPEN:
        assert not charging.closed
    else:
        assert charging.closed and charging.outputs.duty_bp == 10_000
        charging.until(lambda p: not p.closed, 7_000)


@pytest.mark.parametrize("code", CAUSES)
def test_a_fault_ends_by_its_rule_and_no_sooner(charging, code):
    cause, remedy = CAUSES[code]
    cause(charging)
    charging.until(lambda p: code in p.faults, 3_000)
    charging.run(50)
    remedy(charging)
    charging.follows = True
    ends, wait_ms = ROW[code][ENDS], ROW[code][WAIT]
    if ends == GONE:
        took_ms = charging.until(lambda p: code not in p.faults, 40_000)
        assert wait_ms - 60 <= took_ms <= wait_ms + 50  # the diode is out of sight in x1 already
        charging.until(lambda p: p.closed, 10_000)
    elif ends == UNPLUG:
        charging.run(60_000)
        assert code in charging.faults
        charging.car("A")
        assert 500 <= charging.until(lambda p: code not in p.faults, 1_000) <= 530
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
    assert charging.faults == ["welded"] and ROW["welded"][ENDS] == RESET


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


def test_only_heat_lets_the_car_stop_by_itself():
    assert [row[NAME] for row in FAULTS if row[ACTION] == STOP] == ["hot"]


def test_rows_named_by_number_are_those():
    names = [row[NAME] for row in FAULTS]
    assert names.index("residual_dc") == protection.RESIDUAL_DC
    assert names.index("residual_ac") == protection.RESIDUAL_AC
    assert names.index("hot") == protection.HOT


def test_codes_are_unique_and_explained():
    assert len(ROW) == len(FAULTS)
    assert all(10 < len(row[6]) < 60 for row in FAULTS)
