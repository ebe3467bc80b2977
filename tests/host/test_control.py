"""The fast loop's own rule: nothing closes on samples that a stall has made old."""

from types import SimpleNamespace

import pytest
from control import STALE_MS, Control
from exchange import Requests, Snapshot

from state.settings import Settings


class Contactor:
    def __init__(self):
        self.asked = []

    def request(self, close):
        self.asked.append(close)


class Clock:
    """spent_ms: how long the tick has taken when the contactor's turn comes."""

    spent_ms = 0

    def age_ms(self):
        return self.spent_ms


@pytest.fixture
def control():
    found = SimpleNamespace(
        clock=Clock(),
        contactor=Contactor(),
        pilot=SimpleNamespace(drive=lambda duty_bp: None),
        proximity=None,
        thermometer=None,
        residual_current=None,
        lock=None,
        shunt_trip=None,
        led=None,
    )
    return Control(found, Settings(), (160, 160), Snapshot(), Requests())


def ask(control, close, spent_ms):
    """Let a tick that took spent_ms decide; return what the contactor was told."""
    control.outputs.close_contactor = close
    control.wiring.clock.spent_ms = spent_ms
    control._act(9)
    return control.wiring.contactor.asked[-1]


def test_nothing_closes_in_a_tick_held_up_for_more_than_30_ms(control):
    assert STALE_MS == 30
    assert ask(control, 1, 31) == 0
    assert ask(control, 1, 600) == 0
    assert ask(control, 1, 30) == 1


def test_what_is_closed_stays_closed_through_a_stall(control):
    assert ask(control, 1, 0) == 1
    assert ask(control, 1, 600) == 1


def test_opening_waits_for_nothing_and_the_next_closing_is_judged_anew(control):
    assert ask(control, 1, 0) == 1
    assert ask(control, 0, 600) == 0
    assert ask(control, 1, 31) == 0
    assert ask(control, 1, 9) == 1
