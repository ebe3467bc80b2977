"""How often the radio is tried again when its driver fails."""

import time
from types import SimpleNamespace

import pytest

from cloud.station import Station


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)


class Wlan:
    """network.WLAN: raises `error` whenever it is switched on; notes when it was tried."""

    def __init__(self, error):
        self.error = error
        self.tried_ms = []
        self.now_ms = 0
        self.is_joined = False

    def active(self, on):
        if on:
            self.tried_ms.append(self.now_ms)
            if self.error:
                raise self.error

    def connect(self, ssid, key):
        if self.error:
            raise self.error
        self.is_joined = True

    def disconnect(self):
        pass

    def isconnected(self):
        return self.is_joined


def lived(wlan, station, until_ms):
    for now_ms in range(wlan.now_ms, until_ms, 250):
        wlan.now_ms = now_ms
        station.poll(now_ms, True)


@pytest.mark.parametrize("error", [OSError("WiFi Out of Memory"), MemoryError()])
def test_a_radio_without_memory_is_tried_less_and_less_often(error):
    wlan = Wlan(error)
    snapshot = SimpleNamespace(session_number=0, contactor_command=0, contactor_closed=0)
    station = Station(wlan, "home", "key", snapshot, lambda: pytest.fail("restarted"))
    lived(wlan, station, 4_000_000)
    pauses_s = [(b - a) // 1_000 for a, b in zip(wlan.tried_ms, wlan.tried_ms[1:])]
    assert pauses_s == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert station.last_error in ("WiFi Out of Memory", "no memory")
    wlan.error = None
    lived(wlan, station, 5_000_000)
    assert station.is_up()
    wlan.is_joined, wlan.error = False, OSError("Wifi Internal Error")
    wlan.tried_ms.clear()
    lived(wlan, station, 5_100_000)
    assert len(wlan.tried_ms) > 4  # it begins at a second anew
