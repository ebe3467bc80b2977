"""Proof with Home Assistant itself: make test-ha. One session, from announcement to a dead box."""

import json
import shutil
import subprocess
import time

import pytest
from real import HASS, STARTS_S, Heard, LiveBox, home

from box.brokers import free_port

pytestmark = pytest.mark.home_assistant
MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
STATE = "ha/%s/wallbox_box_%s/state"
REPLY = "wallbox/box/reply"
FOLLOWS_S = 2.0
ENTITIES = 29


def wait_for(question, within_s, what):
    end_s = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < end_s, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Yield (heard, box, log): all running, the car plugged in soon."""
    if MOSQUITTO is None or not HASS.exists():
        pytest.skip("mosquitto or build/ha is missing: make test-ha")
    folder = tmp_path_factory.mktemp("home")
    port = free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text("listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n" % port)
    broker = subprocess.Popen([MOSQUITTO, "-c", str(conf)], stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    heard = Heard(port)
    hass = home(folder / "config", port, free_port())
    box = None
    try:
        wait_for(lambda: "homeassistant/status" in heard.latest, STARTS_S, "it never started")
        box = LiveBox(folder, port)
        yield heard, box, folder / "config" / "said"
    finally:
        for child in (box and box.child, hass, broker):
            if child:
                child.terminate()
                child.wait()
        heard.close()


def states(heard):
    return {
        topic for topic in heard.latest if topic.startswith("ha/") and topic.endswith("/state")
    }


def test_every_entity_appears(house):
    heard, _, _ = house
    wait_for(lambda: len(states(heard)) >= ENTITIES, 30, states(heard))
    announced = [topic for topic in heard.latest if topic.endswith("/config")]
    assert len(announced) == len(states(heard)) == ENTITIES
    for component, key in (("sensor", "power"), ("sensor", "energy"), ("switch", "enable")):
        assert STATE % (component, key) in heard.latest


def test_states_follow_the_box(house):
    heard, box, _ = house
    for status, topic, text in (
        (lambda shown: shown["cp"] == "B", STATE % ("binary_sensor", "car"), "on"),
        (lambda shown: shown["closed"], STATE % ("binary_sensor", "charging"), "on"),
    ):
        since_s = time.monotonic() - 30
        happened_s = since_s + box.when(status, since_s, 60)
        late_s = heard.when(topic, text, happened_s - 1, 10) - 1
        print("%s after %.1f s" % (topic, late_s))
        assert late_s <= FOLLOWS_S
    wait_for(lambda: float(heard.latest.get(STATE % ("sensor", "power"), 0)) > 1_000, 20, "power")
    wait_for(lambda: float(heard.latest[STATE % ("sensor", "energy")]) > 0, 30, "energy")


def test_ten_amperes_are_on_the_pilot_in_time(house):
    heard, box, _ = house
    sent_s = heard.publish("test/current", "10")
    late_s = box.when(lambda shown: shown["duty_permille"] == 167, sent_s, 8)
    print("16.7 %% after %.1f s" % late_s)
    assert late_s <= 6
    assert heard.when(STATE % ("number", "offered_current"), "10.0", sent_s, 6) <= 6
    assert box.shown[-1][1]["offer_reason"] == "remote"


def test_the_switch_stops_and_starts(house):
    heard, box, _ = house
    sent_s = heard.publish("test/enable", "off")
    assert heard.when(STATE % ("switch", "enable"), "off", sent_s, 5) <= FOLLOWS_S + 0.5
    box.when(lambda shown: not shown["closed"], sent_s, 10)
    assert heard.when(STATE % ("sensor", "limited_by"), "disabled", sent_s, 5) <= FOLLOWS_S + 0.5
    sent_s = heard.publish("test/enable", "on")
    assert heard.when(STATE % ("switch", "enable"), "on", sent_s, 5) <= FOLLOWS_S + 0.5
    box.when(lambda shown: shown["closed"], sent_s, 30)


def test_a_button_does_what_it_says(house):
    heard, _, _ = house
    sent_s = heard.publish("test/press", "button.wallbox_box_reset_faults")
    reply = {"id": None, "command": "reset_faults", "ok": True, "reason": ""}

    def is_answered():
        rows = [row for row in list(heard.rows) if row[0] >= sent_s and row[1] == REPLY]
        return reply in [json.loads(text) for _, _, text in rows]

    wait_for(is_answered, 5, heard.latest.get(REPLY))


def test_a_dead_box_is_unavailable_and_nothing_was_complained_of(house):
    heard, box, said = house
    killed_s = box.kill()
    for component, key in (
        ("sensor", "power"),
        ("switch", "enable"),
        ("number", "offered_current"),
    ):
        late_s = heard.when(STATE % (component, key), "unavailable", killed_s, 10)
        assert late_s <= FOLLOWS_S
    log = said.read_text()
    complaints = [line for line in log.splitlines() if "mqtt" in line.lower()]
    assert not complaints, complaints
