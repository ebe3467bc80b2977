"""What a safety review found: each was seen on the whole box before it was mended."""

import pytest
from pole import Pole

from state.events import FAULT
from state.faults import ENDING, ENDS, FAULTS, NAME, UNPLUG


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
