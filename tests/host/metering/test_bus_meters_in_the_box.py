"""The whole firmware on boards whose meter hangs on a bus: a car is charged and metered."""

import re

import pytest
from played import play

from box.mpy import ROOT

UART = '"uart": 1, "tx": 3, "rx": 4'
PARTS = {
    "METER_ATM90E32": '"spi": 1, "sck": 3, "mosi": 4, "miso": 5, "select": 6, "u_gain": 20_000, '
    '"i_gain": 25_000',
    "METER_BL0942": UART + ', "chips": 3, "na_per_step": 3_981, "nv_per_step": 62_962',
    "METER_SDM630": UART + ', "enable": 5',
}
CHARGE = (
    "5000,ev.cp_ohm,2740\n7000,ev.cp_ohm,882\n7000,ev.current_a,16/16/16\n67000,ev.cp_ohm,2740\n"
)
START = """0,pp.ohm,220
0,ev.current_a,16
5000,ev.cp_ohm,2740
7000,ev.cp_ohm,882
"""


def board_with(tmp_path, name):
    """Return the folder of the virtual board with this meter instead of its transformers."""
    virtual = (ROOT / "boards/virtual/board.py").read_text()
    changed, count = re.subn(
        r"MAINS_METER = \{.*?\n\}", "%s = {%s}" % (name, PARTS[name]), virtual, flags=re.S
    )
    assert count == 1
    (tmp_path / "board.py").write_text(changed)
    return str(tmp_path)


@pytest.mark.flashed
@pytest.mark.parametrize("name", PARTS)
def test_a_minute_of_charging_is_metered(tmp_path, name):
    played = play(CHARGE, until_ms=75_000, board=board_with(tmp_path, name))
    assert played.faults() == set()
    closed_ms = played.when("contactor.closed", "1")
    opened_ms = played.when("contactor.closed", "0", closed_ms)
    wh = 3 * 230 * 16 * (opened_ms - closed_ms) / 3.6e6
    assert float(played.at("energy.wh", 75_000)) == pytest.approx(wh, rel=0.02)
    assert float(played.at("current.a", 40_000)) == pytest.approx(16, abs=0.05)
    assert float(played.at("power.w", 40_000)) == pytest.approx(11_040, rel=0.005)


@pytest.mark.parametrize("fault", ["silent", "corrupt"])
def test_a_meter_that_goes_blind_leaves_6_a_until_it_is_back(tmp_path, fault):
    """What a car draws reads as 0 A meanwhile, so it is told the least that it may be told."""
    rows = "20000,meter.fault,%s\n40000,meter.fault,none\n" % fault
    charge = CHARGE.splitlines()
    text = "\n".join([*charge[:-1], rows.strip(), charge[-1]])
    played = play(text, until_ms=60_000, board=board_with(tmp_path, "METER_SDM630"))
    told_ms = played.when("offer.reason", "meter", 20_000)
    assert told_ms < 24_000 and played.at("offer.a", told_ms) == "6.0"
    assert played.at("offer.reason", 39_000) == "meter"
    assert played.at("offer.reason", 45_000) != "meter"
    assert played.closings() == 1 and played.faults() == set()


def test_a_meter_that_never_answers_leaves_6_a_from_the_start(tmp_path):
    text = "100,meter.fault,silent\n" + CHARGE
    played = play(text, until_ms=30_000, board=board_with(tmp_path, "METER_SDM630"))
    assert played.at("offer.reason", 29_000) == "meter" and played.at("offer.a", 29_000) == "6.0"
    assert float(played.at("pilot.duty_permille", 29_000)) == pytest.approx(100, abs=3)


@pytest.mark.parametrize("volts, fault", [("285", "over_voltage"), ("170", "under_voltage")])
def test_a_bad_voltage_ends_with_the_meter_that_showed_it(volts, fault):
    rows = "20000,mains.v,%s\n24000,meter.fault,silent\n25000,mains.v,230\n" % volts
    played = play(START + rows, until_ms=75_000, board="smartevse_v3")
    assert fault in played.at("fault", 24_000)
    assert played.at("fault", 75_000) == ""
    assert played.at("contactor.closed", 75_000) == "1"
    assert (played.at("offer.a", 75_000), played.at("offer.reason", 75_000)) == ("6.0", "meter")
