"""The whole firmware, run from its slot and updated over MQTT while it lives; see whole.py."""

import os

import pytest
from maker import FACTS, made
from works import application, compiled_for_host, flash_files, run, text

OLD, NEW = "0.2.0", "0.9.0"


def live(tmp_path, verdict_s=60, **changed):
    old, new = application(OLD), application(NEW, **changed)
    if os.environ.get("APPLICATION") == "modules":
        old, new = (compiled_for_host(files, tmp_path) for files in (old, new))
    told = run(
        tmp_path,
        "whole.py",
        files=flash_files({**FACTS, "version": OLD}, old),
        bundle=text(made(files=new)),
        version=NEW,
        sectors=640,
        verdict_s=verdict_s,
    )
    assert told["from"] == "/flash/" + told["after"][0]
    return told


@pytest.mark.flashed
def test_a_box_is_updated_and_charges_before_and_after(tmp_path):
    told = live(tmp_path)
    assert told["before"] == ["a", OLD] and told["charged_before"]
    assert told["while_charging"].startswith("update: the contactor is closed")
    found = ["downloading", "fleet.example: -2", "tls: ca.der cannot be read"]
    assert told["fetching"] == found
    assert told["sent"] and told["while_connected"] == ["waiting", True]
    assert told["tried"] == ["b", True]
    slot, update = told["after"]
    assert slot == "b" and update["phase"] == "idle" and update["installed_version"] == NEW
    assert told["charged_after"]
    assert told["events"] == [["update_installed", NEW, ""]]


CRASH = """

def _broken(self, *_):
    raise RuntimeError("new")


Core.step = _broken
"""
MUTE = """

def _mute(self, now_ms):
    return


{}.poll = _mute
"""
SPOILED = {
    "an error at its start": ({"main": "import nowhere\n"}, 60, "ImportError: no module"),
    "a control loop that fails": ({"state__core": CRASH}, 60, "stopped by the watchdog"),
    "a link that stays mute": ({"cloud__link": MUTE.format("Link")}, 700, "the broker: not conn"),
    "no verdict at all": ({"update__service": MUTE.format("Service")}, 2_000, "no verdict in 30"),
}


def check_it_is_back(tmp_path, what):
    changed, verdict_s, why = SPOILED[what]
    told = live(tmp_path, verdict_s, **changed)
    slot, update = told["after"]
    assert slot == "a" and update["phase"] == "refused" and update["installed_version"] == OLD
    assert update["why"].startswith(why)
    assert told["charged_after"]
    assert [told[:2] for told in told["events"]] == [["update_failed", NEW]]


@pytest.mark.flashed
def test_a_new_control_loop_that_fails_is_gone_after_one_reset(tmp_path):
    check_it_is_back(tmp_path, "a control loop that fails")


@pytest.mark.long
@pytest.mark.parametrize("what", [what for what in SPOILED if "loop" not in what])
def test_whatever_is_wrong_with_the_new_one_the_old_one_is_back(tmp_path, what):
    check_it_is_back(tmp_path, what)
