"""A board that locks its REPL takes no Ctrl-C from the first lines of boot.py on."""

import runpy
import sys
import time
from types import SimpleNamespace

import pytest

from box.mpy import ROOT


class Slept(Exception):
    pass


PINS = {5: "contactor", 7: "pilot joined"}


@pytest.fixture
def boot(monkeypatch, tmp_path):
    """boot(board's own lines, name) -> what happened, in order."""

    def run(name, **own):
        happened = []
        note = happened.append
        machine = SimpleNamespace(
            PWM=lambda *_, **__: note("pilot"),
            Pin=lambda pin, *_, **__: note(PINS[pin]) if pin in PINS else None,
            reset_cause=lambda: 1,
            RTC=lambda: SimpleNamespace(memory=lambda: b""),
            WDT=lambda timeout: note("watchdog"),
        )
        machine.Pin.OUT = 1

        def enter(crashed, watchdog):
            watchdog(timeout=1)
            note("slot")

        parts = {"CONTACTOR": {"request": 5}, "CONTROL_PILOT": {"pwm": 6}, **own}
        board = SimpleNamespace(**parts)
        micropython = SimpleNamespace(kbd_intr=lambda code: note("Ctrl-C %d" % code))
        slots = SimpleNamespace(enter=enter, crash=lambda *_: "")
        for key, value in (("machine", machine), ("board", board), ("slots", slots)):
            monkeypatch.setitem(sys.modules, key, value)
        monkeypatch.setitem(sys.modules, "micropython", micropython)
        monkeypatch.setitem(sys.modules, "app_partitions", None)  # nothing is frozen here

        def sleep(_):
            note("held")
            raise Slept

        monkeypatch.setattr(time, "sleep", sleep)
        (tmp_path / "main.py").write_text("")
        monkeypatch.chdir(tmp_path)
        try:
            runpy.run_path(str(ROOT / "firmware/boot.py"), run_name=name)
        except Slept:
            pass
        return happened

    return run


def test_a_locked_board_is_deaf_before_anything_can_be_chosen_and_never_prompts(boot):
    steps = boot("__main__", REPL_LOCKED=1)
    assert steps == ["contactor", "pilot", "Ctrl-C -1", "watchdog", "slot", "held"]


@pytest.mark.parametrize("own", [{}, {"REPL_LOCKED": 0}])
def test_another_board_comes_to_its_prompt(boot, own):
    assert boot("__main__", **own) == ["contactor", "pilot", "watchdog", "slot"]


def test_a_pilot_that_can_be_cut_is_joined_before_a_slot_is_chosen(boot):
    happened = boot("boot", CONTROL_PILOT={"pwm": 6, "disconnect": 7})
    assert happened[:5] == ["contactor", "pilot", "pilot joined", "watchdog", "slot"]
