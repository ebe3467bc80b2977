"""A box that dies in the middle of a tick is dead at once: nothing of it acts on the next one."""

import pytest
from played import play

CHARGE = "4000,ev.cp_ohm,2740\n7000,ev.current_a,16\n7000,ev.cp_ohm,882\n"
MS_IN_TICK = ("3.9", "4.2", "4.5", "8.1")  # of those, three fall into a burst of the pilot
DEATHS = {
    "a panic": "%s,box.fault,panic\n",
    "a cut": "%s,power,0\n%s,power,1\n",
    "a stall that the watchdog ends": "%s,box.stall_ms,2100\n",
    "a panic in a stall": "%s,box.stall_ms,50\n30030,box.fault,panic\n",
}


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("ms", MS_IN_TICK)
def test_the_tick_dies_with_its_box(death, ms):
    rows = DEATHS[death].replace("%s", str(30_000 + float(ms)))
    played = play(CHARGE + rows + "33000,ev.diode,1", until_ms=33_000)
    told = [value for t_ms, value in played.values("contactor.command") if t_ms >= 30_000]
    assert told[:1] == ["0"], "it never opened"
    assert "1" not in told, "the dead box has closed the contactor of the next one"
    assert [v for t_ms, v in played.values("contactor.closed") if t_ms >= 30_000] == ["0"]
    # the next box drives nothing but +12 V until it has looked for 3 s and more
    duties = [v for t_ms, v in played.values("pilot.duty_permille") if t_ms >= 30_000]
    assert set(duties) <= {"0", "1000"}
    assert played.at("iec.state", 32_900) == "C1"


def test_the_rows_of_a_scenario_go_on_after_a_death_in_a_tick():
    rows = "30004.2,box.fault,panic\n30004.2,limit.house,13\n30004.3,limit.house,11\n"
    played = play(CHARGE + rows, until_ms=62_000)
    assert played.at("offer.a", 61_900) == "11.0" and played.at("offer.reason", 61_900) == "house"


def test_an_ordered_restart_ends_the_turn_of_the_services_too():
    """The box that ordered it tells nothing more; the next one greets the broker once."""
    played = play("15000,cmd.restart,1\n20000,cmd.limit,9", until_ms=24_000)
    assert [e["event"] for e in played.events if e["event"] == "service_failed"] == []
    duties = [(t_ms, value) for t_ms, value in played.values("pilot.duty_permille")]
    assert [value for t_ms, value in duties if t_ms > 14_000][:2] == ["0", "1000"]
    assert played.at("offer.a", 23_900) == "9.0"
