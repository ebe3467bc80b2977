"""What drivers of known cars want: the pilot, its noise and its glitches, limits and commands."""

import json

import pytest
from asked import ask as answer
from exchange import Requests

from cloud.commands import COMMANDS

CAR = "5000,ev.model,%s\n"
PLAIN = "5000,ev.cp_ohm,2740\n7000,ev.cp_ohm,882\n"


def openings(played):
    return [t_ms for t_ms, value in played.values("contactor.command") if value == "0"]


def test_zoe_emi(play):
    """Noise of a powerline network on the pilot stops nothing (OpenEVSE/openevse_esp32#667).

    What the car itself reads from its pilot is its own affair.
    """
    played = play("0,cp.noise_v,0.3\n" + CAR % "zoe", until_ms=180_000)
    assert played.closings() == 1 and not openings(played)
    assert not played.faults()
    assert float(played.at("energy.wh", 180_000)) > 900


def test_zoe_rcd(play):
    """Charge goes on after S2 opened, though the filters discharge to earth (open_evse#102).

    Cannot: the reported cure, to open 200 ms late, breaks the 100 ms of sequence 8.1. The box
    opens at once and only its own monitor stays calm; an RCD upstream may still trip.
    """
    rows = CAR % "zoe" + "40000,ev.cp_ohm,2740\n40000,rcm.ac_ma,60\n40200,rcm.ac_ma,0"
    played = play(rows + "\n50000,ev.cp_ohm,882", until_ms=70_000)
    assert 0 < openings(played)[0] - 40_000 <= 100
    assert played.closings() == 2 and not played.faults()


def test_bmw_glitch(play):
    """The relay clicks once: the short C before the real one is none (evse-v2 2.2.14)."""
    played = play(CAR % "ix3", until_ms=60_000)
    requests_ms = [t_ms for t_ms, value in played.values("cp.state") if value == "C"]
    assert len(requests_ms) == 2 and played.closings() == 1
    assert played.when("contactor.command", "1") - requests_ms[1] >= 490


def test_bmw_phev(play):
    """The offer may change without an interruption (Tinkerforge evse-v2 2.2.12 to 2.2.14)."""
    limits = ["%d,limit.house,%d" % (40_000 + k * 15_000, (10, 16)[k % 2]) for k in range(8)]
    played = play(CAR % "ix3" + "\n".join(limits), until_ms=170_000)
    glitches = [t_ms for t_ms, value in played.values("cp.state") if value == "B"][-8:]
    assert glitches[0] > 40_000
    assert played.closings() == 1 and not openings(played) and not played.faults()


def test_id3_a(play):
    """A stop and a restart are one charge on the bill (Tinkerforge evse 2.0.11, 2.1.3, 2.1.8)."""
    rows = CAR % "id3" + "60000,cmd.enable,false\n70000,cmd.enable,true"
    played = play(rows, until_ms=90_000)
    assert "A" in [value for t_ms, value in played.values("cp.state") if t_ms > 60_000]
    assert [value for _, value in played.values("session.id")] == ["", "1"]
    assert played.closings() == 2 and not played.faults()


def test_egolf(play):
    """Off the nominal resistances it is charged in one go, no C/B loop (SmartEVSE-3.5#280)."""
    played = play(CAR % "e_golf", until_ms=200_000)
    assert played.at("iec.state", 200_000) == "C2" and played.closings() == 1
    assert not played.faults()


@pytest.mark.parametrize("volts", [4.9, 5.1, 6.9, 7.1])
def test_egolf_outside_the_window(play, volts):
    """The same with its level in state C at and beyond the edges of 6 V +-1 V."""
    played = play(PLAIN + "7000,cp.high_v,%s" % volts, until_ms=60_000)
    assert [value for _, value in played.values("cp.state")][-2:] == ["B", "C"]
    assert played.closings() == 1 and not openings(played) and not played.faults()


def test_direct_d(play):
    """From B to D without C: charged where there is ventilation, else not (esp32-evse#111)."""
    refused = play(CAR % "ventilated", until_ms=30_000)
    assert refused.at("iec.state", 30_000) == "D2" and refused.closings() == 0
    charged = play(CAR % "ventilated", until_ms=30_000, config={"ventilated": 1})
    assert charged.closings() == 1
    assert not refused.faults() and not charged.faults()


def test_skoda_neg(play):
    """The box says that its -12 V is weak before the car refuses it (esp32-evse#49).

    Cannot: no software lifts a rail of -10.7 V; it is told as a fault of the box, not of the car.
    """
    weak = play(PLAIN + "7000,cp.low_v,-10.7", until_ms=40_000)
    assert "supply_rail" in weak.faults()
    sound = play(PLAIN, until_ms=40_000)
    edges = [event for event in sound.events if event["event"] == "contactor"]
    assert edges[0]["pilot_low_mv"] <= -11_000 and not sound.faults()


@pytest.mark.parametrize("amps, permille", [(16, 267), (20, 333), (32, 533)])
def test_ix3_duty(play, amps, permille):
    """The car shows the amperes that were set, not 3 A less (OpenEVSE/openevse_esp32#588)."""
    rows = "0,limit.house,%d\n5000,ev.follow,1\n5000,ev.current_a,80\n" % amps
    played = play(rows + PLAIN, until_ms=60_000)
    assert abs(int(played.at("pilot.duty_permille", 60_000)) - permille) <= 1
    assert float(played.at("current.a", 60_000)) == pytest.approx(amps, rel=0.02)
    assert not played.faults()


@pytest.mark.parametrize("late_s", [3, 4, 8, 10])
def test_oc_grace(play, late_s):
    """A car that follows a lower offer in its usual time is no fault (lincomatic/open_evse#95).

    10 s late it still ramps for one: the 5 + 6 s of EVerest/EVerest#762.
    """
    rows = PLAIN + "7000,ev.current_a,32\n40000,limit.house,10\n"
    steps = [
        "%d,ev.current_a,%d" % (40_000 + late_s * 1_000 + k * 250, 32 - k * 5) for k in (1, 3)
    ]
    rows += "\n".join([*steps, "%d,ev.current_a,10" % (41_000 + late_s * 1_000)])
    played = play(rows, until_ms=80_000)
    assert played.when("pilot.duty_permille", "167") <= 40_300
    assert played.closings() == 1 and not openings(played) and not played.faults()


def test_noise_ab(play):
    """An empty socket is quiet: spikes on the pilot wake nobody (esp32-evse#180)."""
    played = play("0,cp.noise_v,0.1\n0,cp.spike_ppm,10000", until_ms=240_000)
    assert [value for _, value in played.values("cp.state")] == ["A"]
    assert [value for _, value in played.values("iec.state")] == ["A1"]
    assert not played.values("contactor.command") and not played.faults()
    assert [value for _, value in played.values("session.id")] == [""]


def test_tesla_boot(play):
    """A car still in C after an outage is charged again without unplugging (esp32-evse#71)."""
    played = play(CAR % "model_y" + "60000,power,0\n65000,power,1", until_ms=100_000)
    assert played.at("cp.state", 66_000) == "C"
    assert played.when("contactor.closed", "1", 65_000) <= 71_500
    assert float(played.at("current.a", 100_000)) > 15
    assert not played.faults()


def test_retained(play):
    """Yesterday's stop, replayed at a reconnect, stops nothing today (warp-charger#4)."""
    for name in COMMANDS:
        requests = Requests()
        reply = json.loads(answer(requests, name, b"false", retained=True))
        assert not reply["ok"] and "retained" in reply["reason"]
        assert vars(requests) == vars(Requests())
    links = "40000,link.broker,down\n60000,link.broker,up\n80000,link.broker,silent\n"
    played = play(CAR % "niro" + links + "100000,link.broker,up", until_ms=150_000)
    assert played.closings() == 1 and not openings(played) and not played.faults()
