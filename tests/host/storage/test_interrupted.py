"""A charge interrupted by a power cut and by the watchdog, as a client of MQTT sees it."""

import json
import subprocess

import pytest
from test_signing import verified

from box import mpy

SCRIPT = "../../tests/host/storage/interrupted.py"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return {topic suffix: [payload, ...]}, and the energy that flowed under `mws`."""
    out = str(tmp_path_factory.mktemp("interrupted") / "signals.csv")
    child = mpy.start(SCRIPT, out, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = child.communicate()[0]
    assert child.returncode == 0, said[-2_000:]
    found = json.loads(said)
    told = {"mws": found["mws"], "event": [], "session": [], "telemetry": []}
    for topic, payload in found["heard"]:
        if topic in told:
            told[topic].append(json.loads(payload))
    return told


def of(told, event):
    return [one for one in told["event"] if one["event"] == event]


def test_it_is_one_session_with_the_energy_that_flowed(told):
    (record,) = told["session"]
    assert (record["session"], record["restarts"]) == (1, 2)
    true_wh = told["mws"] / 3.6e6
    assert true_wh > 200
    by_cut_wh, by_hang_wh = 10, 7  # nothing is metered in the 2 s until the watchdog bites
    assert true_wh - by_cut_wh - by_hang_wh <= record["energy_wh"] <= true_wh * 1.005
    assert sum(record["phase_wh"]) == pytest.approx(record["energy_wh"], abs=3)
    opened, closed = record["meter_wh"]
    assert closed - opened == pytest.approx(record["energy_wh"], abs=1)
    assert [one["session"] for one in of(told, "session_started")] == [1]
    assert [one["session"] for one in of(told, "session_ended")] == [1]
    assert of(told, "restarted")[0]["cause"] == "watchdog"


def test_its_telemetry_has_the_power_factor_by_phase(told):
    factors = [one["power_factor"] for one in told["telemetry"] if one["power_w"] > 10_000]
    assert factors
    for three in factors:
        assert three == [pytest.approx(1, abs=0.02)] * 3
    assert told["telemetry"][0]["power_factor"] == [None] * 3
    assert told["telemetry"][-1]["meter_valid"] is True


def test_its_events_are_numbered_without_a_gap(told):
    numbers = sorted({one["seq"] for one in told["event"]})
    assert numbers == list(range(1, numbers[-1] + 1))


def test_what_the_box_sent_verifies_with_the_key_it_told(told):
    (record,) = told["session"]
    (key,) = {one["key"] for one in of(told, "meter_key")}
    assert record["key"] == key
    (begin,) = {one["ocmf"] for one in of(told, "meter_signed")}
    first, last = verified(begin, key), verified(record["ocmf"], key)
    assert (first["PG"], last["PG"]) == ("T1", "T2") and last["RD"][0] == first["RD"][0]
    assert last["RD"][1]["RV"] == record["meter_wh"][1] / 1_000
    assert "t" in last["RD"][1]["EF"]
