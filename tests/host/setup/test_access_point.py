"""When the setup network is there, and when it must not be."""

import sys

import pytest

from setup.access_point import FAREWELL_MS, OPEN_MS, PRESS_MS, UNJOINED_MS, AccessPoint

sys.modules.pop("setup.page_server", None)
KEY = "K7QF-3MXP-9TRA"


class Radio:
    def __init__(self, security=3):
        self.on = False
        self.security = security
        self.facts = {}

    def active(self, on):
        self.on = on

    def config(self, name=None, **facts):
        if name:
            return self.security
        self.facts = facts


class Server:
    closed = False

    def __init__(self, config, on_saved):
        self.on_saved = on_saved

    def poll(self, now_ms):
        pass

    def close(self):
        self.closed = True


class Button:
    pressed = False

    def is_pressed(self):
        return self.pressed


def box(security=3, around=(), **config):
    radio, restarts, servers = Radio(security), [], []

    def serve(*parts):
        servers.append(Server(*parts))
        return servers[-1]

    values = {"setup_key": KEY, "wifi_ssid": "", "box_id": "b", **config}
    point = AccessPoint(lambda: radio, values, lambda: restarts.append(1), serve, **dict(around))
    return point, radio, restarts, servers


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    import time

    monkeypatch.setattr(time, "ticks_ms", lambda: 1_000, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)


def test_an_unprovisioned_box_opens_it_and_keeps_it():
    point, radio, _, _ = box()
    point.poll(0)
    point.poll(10 * OPEN_MS)
    assert point.is_open() and radio.on
    assert radio.facts == {"ssid": "wallbox-b", "key": KEY, "security": 3, "max_clients": 2}


@pytest.mark.parametrize("key", ["", "short77"])
def test_without_a_key_there_is_no_network_even_when_asked_for(key):
    point, radio, _, _ = box(setup_key=key)
    point.ask()
    point.poll(0)
    assert not point.is_open() and not radio.on and "setup_key" in point.last_error


def test_a_radio_that_would_be_open_is_switched_off():
    point, radio, _, servers = box(security=0)
    point.poll(0)
    assert not point.is_open() and not radio.on and not servers
    assert "would be open" in point.last_error


def test_a_provisioned_box_opens_it_only_when_asked_for_ten_minutes():
    point, radio, _, servers = box(wifi_ssid="home")
    point.poll(0)
    assert not radio.on
    point.ask()
    point.poll(1_000)
    assert radio.on
    point.poll(1_000 + OPEN_MS)
    assert radio.on
    point.poll(1_001 + OPEN_MS)
    assert not radio.on and servers[0].closed and not point.is_open()
    point.poll(1_002 + OPEN_MS)
    assert not radio.on


def test_the_button_opens_it_when_it_is_held(monkeypatch):
    button = Button()
    point, radio, _, _ = box(wifi_ssid="home", around={"button": button})
    button.pressed = True
    for now_ms in (0, PRESS_MS - 1):
        point.poll(now_ms)
    button.pressed = False
    point.poll(PRESS_MS)  # let go a moment too early
    button.pressed = True
    point.poll(PRESS_MS + 1)
    point.poll(2 * PRESS_MS)
    assert not radio.on
    point.poll(2 * PRESS_MS + 1)
    assert radio.on
    button.pressed = False
    point.poll(3 * PRESS_MS + OPEN_MS)
    assert not radio.on


def test_a_wi_fi_that_is_not_to_be_had_after_a_start_opens_it_once():
    point, radio, _, _ = box(wifi_ssid="moved away", around={"is_joined": lambda: False})
    point.poll(0)
    point.poll(UNJOINED_MS)
    assert not radio.on
    point.poll(UNJOINED_MS + 1)
    assert radio.on
    point.poll(UNJOINED_MS + 2 + OPEN_MS)
    assert not radio.on
    point.poll(10 * UNJOINED_MS + OPEN_MS)
    assert not radio.on


def test_a_wi_fi_lost_after_it_was_there_opens_nothing():
    joined = [True]
    point, radio, _, _ = box(wifi_ssid="home", around={"is_joined": lambda: joined[0]})
    point.poll(0)
    joined[0] = False
    point.poll(UNJOINED_MS * 2)
    assert not radio.on


def test_it_waits_for_an_open_contactor():
    may_open = [False]
    point, radio, _, _ = box(around={"may_open": lambda: may_open[0]})
    point.poll(0)
    assert not radio.on and not point.last_error
    may_open[0] = True
    point.poll(1)
    assert radio.on


def test_after_a_change_the_browser_gets_its_answer_then_the_box_restarts():
    point, radio, restarts, servers = box()
    point.poll(0)
    servers[0].on_saved()
    point.poll(1_000 + FAREWELL_MS)
    assert not restarts and radio.on
    point.poll(1_001 + FAREWELL_MS)
    assert restarts == [1] and not radio.on


@pytest.mark.parametrize("error", [OSError("WiFi Out of Memory"), MemoryError()])
def test_what_finds_no_memory_is_tried_less_and_less_often_and_then_again_as_ever(error):
    point, radio, _, servers = box()
    tried_ms = []

    def fail(on):
        if on:
            tried_ms.append(point.now_ms)
            raise error

    radio.active, works = fail, radio.active
    for now_ms in range(0, 4_000_000, 250):
        point.now_ms = now_ms
        point.poll(now_ms)
    pauses_s = [(b - a) // 1_000 for a, b in zip(tried_ms, tried_ms[1:])]
    assert pauses_s == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert not servers and point.last_error in ("WiFi Out of Memory", "no memory")
    radio.active = works
    point.poll(5_000_000)
    assert point.is_open() and not point.last_error


def test_a_network_that_was_asked_for_is_not_forgotten_when_its_first_try_fails():
    point, radio, _, _ = box(wifi_ssid="home")
    active = radio.active

    def fail(on):
        if on:
            raise OSError("WiFi Out of Memory")

    radio.active = fail
    point.ask()
    point.poll(0)
    assert not point.is_open()
    radio.active = active
    point.poll(1_000)
    assert point.is_open() and radio.on
