"""Every built-in car is charged as its driver wants, whatever its habits."""

import pytest

from box.signals import MODELS

# seconds until the car draws, most closings in a quarter of an hour; 20 s and 1 unless said
SLOW = {"sleeper": (60, 1), "leaf": (40, 1), "ix3": (25, 1), "e208": (40, 1)}
SLOW["e_golf"] = (120, 1)  # vw-wake: wakes by itself, in its own time
UNVENTILATED = ("ventilated",)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in UNVENTILATED])
def test_it_is_charged_without_a_fault(play, name):
    played = play("5000,ev.model,%s" % name, until_ms=900_000)
    within_s, most = SLOW.get(name, (20, 1))
    closings = [t_ms for t_ms, value in played.values("contactor.closed") if value == "1"]
    assert closings and closings[0] <= 5_000 + within_s * 1_000
    assert len(closings) <= most
    assert [value for _, value in played.values("fault")] == [""]
    assert float(played.at("energy.wh", 900_000)) > 100


def test_the_ix3s_first_pulse_does_not_close(play):
    played = play("5000,ev.model,ix3", until_ms=60_000)
    closed_ms = played.when("contactor.command", "1")
    pulses = [t_ms for t_ms, value in played.values("cp.state") if value == "C"]
    assert len(pulses) == 2 and closed_ms - pulses[1] >= 490


def test_a_bmws_glitch_after_a_duty_change_does_not_open(play):
    played = play("5000,ev.model,ix3\n40000,limit.house,10\n60000,limit.house,16", until_ms=80_000)
    glitches = [
        t_ms for t_ms, value in played.values("cp.state") if value == "B" and t_ms > 40_000
    ]
    assert len(glitches) == 2
    assert not [t_ms for t_ms, value in played.values("contactor.command") if value == "0"]


@pytest.mark.flashed
def test_the_kona_that_ignores_the_stop_is_opened_after_6_s(play):
    played = play("5000,ev.model,kona\n60000,cmd.enable,false", until_ms=80_000)
    stopped_ms = played.when("pilot.duty_permille", "1000", 60_000)
    assert 6_000 <= played.when("contactor.command", "0") - stopped_ms <= 6_500
    assert float(played.at("current.a", 65_000)) > 20


def test_a_conforming_car_stops_without_load(play):
    played = play("5000,ev.model,niro\n60000,cmd.enable,false", until_ms=80_000)
    opened_ms = played.when("contactor.command", "0")
    assert opened_ms - 60_000 <= 3_500
    edges = [event for event in played.events if event["event"] == "contactor"]
    assert edges[-1]["rule"] == "10.1"


@pytest.mark.flashed
def test_the_id3s_false_a_keeps_its_session(play):
    played = play(
        "5000,ev.model,id3\n60000,cmd.enable,false\n70000,cmd.enable,true", until_ms=90_000
    )
    assert [value for _, value in played.values("session.id")] == ["", "1"]
    assert len([value for _, value in played.values("contactor.closed") if value == "1"]) == 2


def test_a_car_that_wants_air_is_refused_without_and_charged_with_ventilation(play):
    refused = play("5000,ev.model,ventilated", until_ms=30_000)
    assert refused.at("iec.state", 30_000) == "D2"
    assert not refused.values("contactor.closed")
    charged = play("5000,ev.model,ventilated", until_ms=30_000, config={"ventilated": 1})
    assert charged.at("contactor.closed", 30_000) == "1"


def test_a_zoe_below_its_minimum_is_offered_but_not_cycled(play):
    played = play("0,limit.house,7\n5000,ev.model,zoe", until_ms=120_000)
    assert len(played.values("contactor.command")) == 0
    assert played.at("fault", 120_000) == ""
