"""What boot.py does in which order, and that a locked board takes no Ctrl-C and never prompts."""

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
        slots = SimpleNamespace(enter=enter, crash=lambda *_: "", current="chosen")
        guard = SimpleNamespace(start=lambda chosen: note("start " + chosen))
        parts = {"machine": machine, "board": board, "slots": slots, "start_guard": guard}
        for key, value in parts.items():
            monkeypatch.setitem(sys.modules, key, value)
        monkeypatch.setitem(sys.modules, "micropython", micropython)
        monkeypatch.setitem(sys.modules, "app_partitions", None)  # nothing is frozen here

        def sleep(_):
            note("held")
            raise Slept

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.chdir(tmp_path)
        try:
            runpy.run_path(str(ROOT / "firmware/boot.py"), run_name=name)
        except Slept:
            pass
        return happened

    return run


STEPS = ["Ctrl-C -1", "contactor", "pilot", "watchdog", "slot", "start chosen"]


def test_a_locked_board_never_takes_a_ctrl_c_again_and_never_prompts(boot):
    assert boot("__main__", REPL_LOCKED=1) == [*STEPS, "held"]


@pytest.mark.parametrize("own", [{}, {"REPL_LOCKED": 0}])
def test_another_board_takes_it_again_when_the_application_has_started(boot, own):
    assert boot("__main__", **own) == [*STEPS, "Ctrl-C 3"]


def test_a_pilot_that_can_be_cut_is_joined_before_a_slot_is_chosen(boot):
    happened = boot("boot", CONTROL_PILOT={"pwm": 6, "disconnect": 7})
    assert happened == ["Ctrl-C -1", "contactor", "pilot", "pilot joined", "watchdog", "slot"]
