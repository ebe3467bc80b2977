"""The one frequency that the ticks of 9 ms do not walk through: protection is not fooled there."""

import pytest
from played import play

CHARGE = "5000,ev.cp_ohm,2740\n5000,ev.current_a,16\n7000,ev.cp_ohm,882\n"


@pytest.mark.parametrize("hertz", [55, 55.5556, 56])
def test_a_charge_ends_at_half_the_rate_of_the_ticks(hertz):
    played = play(CHARGE + "20000,mains.hz,%s\n" % hertz, until_ms=32_000)
    assert 22_000 < played.when("contactor.closed", "0", 20_000) < 31_000
    assert "frequency" in played.at("fault", 27_000)
