"""What a safety review found: each was seen on the whole box before it was mended."""

import pytest
from pole import Pole

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
