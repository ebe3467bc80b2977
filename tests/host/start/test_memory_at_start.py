"""What a start takes before it loads modules, and what becomes of one that does not get it."""

import json
import subprocess

import pytest

from box.mpy import ROOT, binary

SCRIPT = ROOT / "tests/host/start/starting.py"
PLACES = ("tools/sim/lean", "firmware", "boards/virtual", "build/lib")
CONFIG = {"version": 1, "box_id": "b", "wifi_ssid": "home", "broker_host": "fleet.example"}
ROOMY = "2M"


@pytest.fixture
def start(tmp_path):
    """start(heap, config, **job) -> what the next start of the same box came to."""

    def once(heap=ROOMY, config=CONFIG, **job):
        (tmp_path / "config.json").write_text(json.dumps(config))
        (tmp_path / "job.json").write_text(json.dumps(job))
        child = subprocess.run(
            [binary(), "-X", "heapsize=%s" % heap, str(SCRIPT), str(tmp_path / "job.json")],
            env={"MICROPYPATH": ":".join([*(str(ROOT / p) for p in PLACES), ".frozen"])},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode == 0, child.stdout + child.stderr
        return json.loads(child.stdout.splitlines()[-1])

    once.cut_power = lambda: (tmp_path / "rtc").unlink(missing_ok=True)
    return once


STACKS = ["wait_for 8192", "wait_for 8192"]


def test_stacks_then_wifi_then_tls_then_modules(start):
    told = start()
    assert told["took"][:6] == [*STACKS, "WLAN 0", "active True", "hold 30720", "modules"]
    assert told["loops"] == ["service_loop", "control_loop"]
    assert told["is_running"] and told["tls_room"] == [False]


@pytest.mark.parametrize(
    "config, taken",
    [
        ({}, []),
        ({"wifi_ssid": "home"}, ["WLAN 0", "active True"]),
        ({"setup_key": "K7QF-3MXP-9TRA"}, ["WLAN 0"]),
        ({**CONFIG, "broker_tls": 0}, ["WLAN 0", "active True"]),
    ],
)
def test_nothing_is_taken_that_the_config_does_not_want(start, config, taken):
    took = start(config=config)["took"]
    assert took[: took.index("modules")] == STACKS + taken


def test_a_config_that_cannot_be_read_starts_all_the_same(start):
    assert start(config=["not", "an", "object"])["is_running"]


def test_wifi_and_tls_that_find_no_room_are_told_and_no_more(start):
    told = start(wifi=True, threads=[2])
    assert told["is_running"] and told["updates"]
    assert told["complaints"] == [
        "no memory kept for wifi: WiFi Out of Memory",
        "no memory kept for tls: can't create thread",
    ]
    texts = [event["text"] for event in told["events"] if event["event"] == "service_failed"]
    assert texts == ["OSError('WiFi Out of Memory',)"] and told["failed_services"] == ["link"]


@pytest.mark.parametrize("refused", [0, 1])
def test_without_threads_the_box_is_safe_and_says_why(start, refused):
    told = start(threads=[refused])
    assert not told["is_running"] and told["contactor"] == 0 and told["raised"] == "OSError"
    assert told["failure"] == "OSError: can't create thread" and told["retry_s"] == 30
    again = start()
    assert again["is_running"] and again["stage"] == 1
    event = again["events"][0]
    assert (event["event"], event["cause"]) == ("restarted", "start")
    assert (event["why"], event["left_out"]) == (told["failure"], ["Home Assistant"])


def test_a_box_that_never_starts_ends_at_rest_for_a_day(start):
    tried = [start(threads=[0]) for _ in range(4)]
    assert {told["failure"] for told in tried} == {"OSError: can't create thread"}
    rests = start(threads=[0])
    assert rests["took"] == [] and rests["retry_s"] == 86_400
    assert rests["failure"] == "RuntimeError: 4 starts failed, the last: " + tried[0]["failure"]
    assert start()["stage"] == 0


def least_heap(start):
    """Return the least heap in KB in which a whole box starts, Wi-Fi and stacks out of it."""
    low, high = 100, 600
    while high - low > 2:
        middle = (low + high) // 2
        start.cut_power()
        if start("%dK" % middle, pool=True)["is_running"]:
            high = middle
        else:
            low = middle
    start.cut_power()
    return high


def test_a_pool_that_is_too_small_costs_the_cloud_and_not_the_box(start):
    """Wi-Fi and TLS are what takes the room: 66 KB of one pool, as on the chip."""
    heap = "%dK" % (least_heap(start) - 4)
    lives = []
    for _ in range(4):
        lives.append(start(heap, pool=True))
    assert [told["raised"] for told in lives] == ["MemoryError"] * 3 + [""]
    assert all(told["took"][2:5] == ["WLAN 0", "active True", "hold 30720"] for told in lives[:3])
    event = lives[-1]["events"][0]
    assert lives[-1]["took"][2] == "modules" and event["why"].startswith("MemoryError: ")
    assert event["left_out"] == ["Home Assistant", "updates", "the cloud"]


def test_a_heap_that_is_too_small_for_anything_is_told_at_rest(start):
    lives = [start("100K") for _ in range(5)]
    assert [told["raised"] for told in lives] == ["MemoryError"] * 4 + ["RuntimeError"]
    assert lives[-1]["failure"].startswith("RuntimeError: 4 starts failed, the last: MemoryError")
    assert not any(told["contactor"] for told in lives)
