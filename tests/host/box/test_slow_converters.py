"""The whole firmware on converters of any pace: no fault at any current, and it opens in time."""

import pytest
from played import play

# a slow read stretches burst and meter, so the 32 A comes first and each offer stays for 7 s
ROWS = """0,adc.read_us,%d
0,pp.ohm,220
0,ev.current_a,6
0,limit.x,32
5000,ev.cp_ohm,2740
7000,ev.cp_ohm,882
15000,limit.x,16
22000,limit.x,6
29000,ev.cp_ohm,2740
"""
SLICE = (25, 50, 80)
REST = (20, 30, 40, 45, 55, 60, 62, 65, 70, 75)


@pytest.mark.parametrize(
    "read_us", [*SLICE, *[pytest.param(us, marks=pytest.mark.long) for us in REST]]
)
def test_it_charges_without_a_fault_and_opens_in_time(read_us):
    played = play(ROWS % read_us, until_ms=32_000)
    assert played.faults() == set()
    assert played.closings() == 1
    duties = [value for _, value in played.values("pilot.duty_permille")]
    assert [duty for duty in duties if duty not in ("0", "1000")] == ["533", "267", "100"]
    assert played.when("contactor.command", "0", 29_000) - 29_000 <= 30
