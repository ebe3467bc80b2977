"""`box board check` and `box board list` as a person meets them."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from box import board as boards

BOX = str(Path(sys.executable).parent / "box")
PILOT = {"pwm": 27, "adc": 36, "zero_uv": 1_300_000, "gain_permille": 11_364}
GOOD = {"NAME": "test", "CHIP": "esp32", "RATING_A": 32, "PHASES": 1, "CABLE_A": 32}
GOOD |= {"CONTROL_PILOT": PILOT, "CONTACTOR": {"request": 26, "feedback": 25}}


def said(**changes):
    board = SimpleNamespace(**{**GOOD, **changes})
    return list(boards.schema().mistakes(board)), boards.dangers(board), boards.advice(board)


def test_all_mistakes_are_listed_not_only_the_first():
    contactor = {"request": 36, "feedback": 27, "relay": 1}
    mistakes, _, _ = said(CONTACTOR=contactor, RATING_A=100)
    assert len(mistakes) == 5
    for part in (
        "RATING_A",
        "no such key",
        "pin 36 can only",
        "pin 36 is already",
        "pin 27 is al",
    ):
        assert any(part in text for text in mistakes), part


MISTAKES = {
    "pin 25 is not on ADC1": {"CONTROL_PILOT": {**PILOT, "adc": 25}},
    "PROXIMITY or CABLE_A: one of them": {"CABLE_A": None},
    "CABLE_A and CONNECTOR_LOCK: only one": {"CONNECTOR_LOCK": {"lock": 14}},
    "CABLE_A: 5 is not": {"CABLE_A": 5},
    "points: not two": {"CONTROL_PILOT": {**PILOT, "points": ((1, 2),)}},
    "points: not two or more pairs that rise": {
        "CONTROL_PILOT": {**PILOT, "points": ((1, 2), (2, 2))}
    },
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named(text):
    board = {
        name: value for name, value in {**GOOD, **MISTAKES[text]}.items() if value is not None
    }
    assert any(text in found for found in boards.schema().mistakes(SimpleNamespace(**board)))


def test_a_contactor_on_a_strapping_pin_is_a_danger():
    for pin in (0, 2, 5, 12, 15):
        assert any("strapping" in text for text in said(CONTACTOR={"request": pin})[1]), pin
    assert said()[1] == []


ADVICE = {
    "STATUS_LED.blue: pin 12 is also strapping": {
        "STATUS_LED": {"red": 13, "green": 14, "blue": 12}
    },
    "pin 3 is also the console's UART": {"CONTACTOR": {"request": 26, "feedback": 3}},
    "-12 V reads 99 mV": {
        "CONTROL_PILOT": {**PILOT, "zero_uv": 1_330_000, "gain_permille": 9_756}
    },
    "no residual current monitor": {},
    "no meter": {},
    "no mirror contact": {"CONTACTOR": {"request": 26}},
    "no self-test": {"RESIDUAL_CURRENT": {"dc": 13, "answer_ms": 100, "clear_ms": 100}},
    "no guard": {},
    "no lock": {"PROXIMITY": {"adc": 34, "pull_up_ohm": 1_000, "supply_mv": 3_300}},
}


def test_a_guard_is_not_missed_where_there_is_one():
    assert not any("guard" in text for text in said(PILOT_GUARD={})[2])


@pytest.mark.parametrize("text", ADVICE)
def test_what_wants_a_look_is_said(text):
    assert any(text in found for found in said(**ADVICE[text])[2])


def box(*arguments):
    return subprocess.run([BOX, *arguments], capture_output=True, text=True, check=False)


def test_list_and_check_speak_to_a_person():
    listed = box("board", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == boards.names()
    checked = box("board", "check", "esp32_generic")
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[-1] == "board esp32_generic: right"
    assert "mind   no residual current monitor" in checked.stdout


def test_an_unknown_board_is_one_sentence():
    wrong = box("board", "check", "avr")
    assert wrong.returncode == 2 and "known: esp32_generic" in wrong.stderr
    assert wrong.stderr.count("\n") == 1


@pytest.mark.parametrize("name", boards.names())
def test_no_board_of_ours_is_dangerous(name):
    board = boards.load(name)
    assert boards.dangers(board) == [] and list(boards.schema().mistakes(board)) == []
