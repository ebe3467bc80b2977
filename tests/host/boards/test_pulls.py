"""What the wiring asks of the pins themselves: resistors at inputs, the pilot's cut held low."""

import importlib
import sys
import time
import types

import pytest


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 1, 3, 2, 1
    made = {}

    def __init__(self, pin, mode=-1, pull=-1, *, value=None):
        self.made[pin] = (mode, pull, value)

    def __call__(self, *level):
        return 0


@pytest.fixture
def wiring(monkeypatch):
    machine = types.ModuleType("machine")
    for name in ("ADC", "PWM", "SPI", "UART", "WDT"):
        setattr(machine, name, None)
    machine.Pin = Pin
    Pin.made.clear()
    monkeypatch.setitem(sys.modules, "machine", machine)
    for name in ("ticks_ms", "ticks_us", "ticks_diff"):
        monkeypatch.setattr(time, name, None, raising=False)
    for name in ("wiring", "drivers.clock"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("wiring")
    for name in ("wiring", "drivers.clock"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "pull, resistor", [("up", Pin.PULL_UP), ("down", Pin.PULL_DOWN), (None, -1)]
)
def test_an_input_has_the_resistor_its_part_names(wiring, pull, resistor):
    part = {"dc": 13, "ac": 14} if pull is None else {"dc": 13, "ac": 14, "pull": pull}
    wiring._residual_current_of(part)
    assert Pin.made == {13: (Pin.IN, resistor, None), 14: (Pin.IN, resistor, None)}
    wiring._earth_of({"ok": 4, **({} if pull is None else {"pull": pull})})
    assert Pin.made[4] == (Pin.IN, resistor, None)


def test_an_input_without_a_pin_is_none(wiring):
    assert wiring._input(None, "up") is None and Pin.made == {}
