"""Every board passes its schema; every kind of mistake is one sentence that names the place."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
from board_schema import check

BOARDS = sorted((Path(__file__).resolve().parents[2] / "boards").glob("*/board.py"))


def loaded(path):
    spec = importlib.util.spec_from_file_location("board_under_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.parent.name)
def test_every_board_is_right_and_explained(path):
    board = loaded(path)
    check(board)
    assert path.parent.name == board.NAME
    readme = (path.parent / "README.md").read_text()
    assert "Safety" in readme or "mains" in readme


def test_there_are_the_three_boards_of_the_design():
    assert {path.parent.name for path in BOARDS} >= {"virtual", "esp32_generic", "smartevse_v3"}


def board(**changes):
    good = {
        "NAME": "test",
        "CHIP": "esp32",
        "RATING_A": 32,
        "PHASES": 1,
        "CABLE_A": 32,
        "CONTROL_PILOT": {"pwm": 27, "adc": 36, "zero_uv": 1_300_000, "gain_permille": 11_364},
        "CONTACTOR": {"request": 26},
    }
    good.update(changes)
    return SimpleNamespace(**{name: value for name, value in good.items() if value is not None})


METER = {"bias_uv": 1_300_000, "ua_per_mv": 50_000, "ratio": 330}
PILOT = {"pwm": 27, "adc": 36, "zero_uv": 1_300_000, "gain_permille": 11_364}
MISTAKES = {
    "CHIP: 'avr'": {"CHIP": "avr"},
    "RATING_A: 100 is not from 6 to 80": {"RATING_A": 100},
    "RATING_A: '32'": {"RATING_A": "32"},
    "CONTACTOR: missing": {"CONTACTOR": None},
    "CONTACTOR.request: missing": {"CONTACTOR": {}},
    "CONTACTOR.relay: no such key": {"CONTACTOR": {"request": 26, "relay": 25}},
    "RELAY: no such part": {"RELAY": {"pin": 1}},
    "pin 27 is already": {"CONTACTOR": {"request": 27}},
    "pin 34 can only be an input": {"CONTACTOR": {"request": 34}},
    "pin 8 belongs to the flash": {"CONTACTOR": {"request": 8}},
    "pin 25 is not on ADC1": {"CONTROL_PILOT": {**PILOT, "adc": 25}},
    "METER_BL0942 and MAINS_METER: only one": {
        "MAINS_METER": {
            "currents": [32],
            "voltages": [33],
            "bias_uv": 1_300_000,
            "ua_per_mv": 50_000,
            "ratio": 330,
        },
        "METER_BL0942": {
            "uart": 1,
            "tx": 4,
            "rx": 5,
            "chips": 1,
            "na_per_step": 3_981,
            "nv_per_step": 62_962,
        },
    },
    "METER_SDM630.address: 0 is not from 1 to 247": {
        "METER_SDM630": {"uart": 1, "tx": 4, "rx": 5, "address": 0}
    },
    "'x' is not a pin number": {"CONTACTOR": {"request": "x"}},
    "MAINS_METER.voltages: 1 pins, not 3 as of the currents, or none": {
        "MAINS_METER": {"currents": [32, 33, 34], "voltages": [35], **METER}
    },
    "MAINS_METER.currents: 4 pins, not 1 to 3": {
        "MAINS_METER": {"currents": [32, 33, 34, 35], "voltages": [], **METER}
    },
    "MAINS_METER.currents: 0 pins, not 1 to 3": {
        "MAINS_METER": {"currents": [], "voltages": [], **METER}
    },
    "CONTACTOR.request: pin 48 is not on an esp32": {"CONTACTOR": {"request": 48}},
    "CONTACTOR.request: pin 24 is not on an esp32": {"CONTACTOR": {"request": 24}},
    "CONTACTOR.request: pin 12 is a strapping pin": {"CONTACTOR": {"request": 12}},
    "SHUNT_TRIP.trip: pin 2 is a strapping pin": {"SHUNT_TRIP": {"trip": 2}},
    "CONTACTOR.request: pin 35 belongs to the memory of some modules": {
        "CHIP": "esp32s3",
        "CONTROL_PILOT": {"pwm": 15, "adc": 1, "zero_uv": 1_300_000, "gain_permille": 11_364},
        "CONTACTOR": {"request": 35},
    },
    "EARTH_MONITOR.pull: 'high' is not one of up, down": {
        "EARTH_MONITOR": {"ok": 4, "pull": "high"}
    },
    "EARTH_MONITOR.pull: pin 34 has no resistors": {"EARTH_MONITOR": {"ok": 34, "pull": "down"}},
    "CONTROL_PILOT.gain_permille: 5": {"CONTROL_PILOT": {**PILOT, "gain_permille": 5}},
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_mistake_is_named(said):
    with pytest.raises(ValueError) as wrong:
        check(board(**MISTAKES[said]))
    text = str(wrong.value)
    assert said in text and text.startswith("board test: ") and "\n" not in text


def test_the_good_board_is_good():
    check(board())
