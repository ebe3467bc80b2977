"""What no power cut may forget: a weld, and what a remote party has asked for."""

import pytest

CHARGE = "0,pp.ohm,220\n0,ev.current_a,16\n5000,ev.cp_ohm,2740\n7000,ev.cp_ohm,882\n"
WELD = "20000,contactor.fault,welded\n22000,ev.cp_ohm,2740\n30000,ev.current_a,0\n"
BLINK = "40000,power,0\n41000,power,1\n50000,ev.cp_ohm,open\n"
MENDED = "60000,contactor.fault,none\n60100,box.reset,1\n62000,power,0\n63000,power,1\n"


def test_a_weld_without_feedback_is_known_after_a_power_cut_until_a_person_ends_it(play):
    played = play(CHARGE + WELD + BLINK + MENDED, until_ms=66_000, board="esp32s2_da")
    assert "welded" in played.at("fault", 39_000)
    assert played.at("fault", 59_000) == "welded"
    assert [place for t_ms, place in played.values("lock") if t_ms < 60_000] == ["1"]
    assert played.at("pilot.duty_permille", 49_000) == "1000"
    assert played.at("fault", 60_300) == "" and played.at("fault", 66_000) == ""
    assert played.at("lock", 66_000) == "0" and played.at("offer.a", 66_000) == "32.0"


LIMITED = '1000,cmd.limit,{"a":%s,"lifetime_s":86400}\n'
TWICE = "9000,power,0\n10000,power,1\n14000,power,0\n15000,power,1\n"


@pytest.mark.parametrize("amps, after", [("20", "10.0"), ("0", "0.0")])
def test_a_remote_limit_leaves_the_safe_current_after_two_power_cuts(play, amps, after):
    rows = LIMITED % amps + TWICE + "19000,cmd.limit,null"
    played = play(rows, until_ms=20_000, config={"safe_current_a": 10})
    for moment_ms in (13_000, 18_000):
        assert played.at("offer.a", moment_ms) == after
        assert played.at("offer.reason", moment_ms) == "remote"
    assert played.at("offer.a", 20_000) == "32.0"


def test_a_disabled_box_stays_disabled_after_two_power_cuts(play):
    played = play("1000,cmd.enable,false\n" + TWICE + "19000,cmd.enable,true", until_ms=20_000)
    assert played.at("offer.reason", 18_000) == "disabled"
    assert played.at("offer.a", 20_000) == "32.0"


def test_a_box_enabled_just_before_a_restart_stays_enabled(play):
    """The flash may still say disabled: at most once a minute a wish is kept there."""
    rows = "1000,cmd.enable,false\n20000,cmd.enable,true\n23000,cmd.restart,null"
    played = play(rows, until_ms=40_000)
    assert played.at("offer.reason", 19_000) == "disabled"
    assert played.at("offer.a", 22_000) == "32.0"
    assert played.at("offer.a", 40_000) == "32.0"
