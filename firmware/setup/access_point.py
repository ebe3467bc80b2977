"""The setup network: a Wi-Fi of the box's own, _WPA2 with the key from its label, never open.

It is there while the box knows no Wi-Fi; for OPEN_MS when somebody holds the button for PRESS_MS
or asks for it, and when the Wi-Fi that it knows was not to be had for UNJOINED_MS after a start:
once a start, so switching it off and on is the way of a box without a button. Never without a
key, and not begun while the contactor is closed. What fails, as for want of memory, is tried
again after a growing pause. After a change the box starts anew.
"""

import time

from backoff import Backoff
from micropython import const

_WPA2 = const(3)  # network.AUTH_WPA2_PSK
_SHORTEST_KEY = const(8)  # WPA2's own
OPEN_MS = 600_000
PRESS_MS = 5_000
UNJOINED_MS = 180_000
FAREWELL_MS = 3_000  # the browser still wants its answer
_VISITORS = const(2)


def always() -> bool:
    return True


class AccessPoint:
    """radio(): returns the network.WLAN of the access point. restart(): resets the chip.

    serve(config, on_saved): makes the page's server; None: the one of this folder. button:
    drivers.push_button.PushButton, or None. may_open(): whether the radio may be switched now.
    is_joined(): whether the box is in its Wi-Fi. last_error: why there is no network.
    """

    def __init__(
        self, radio, config, restart, serve=None, button=None, may_open=always, is_joined=always
    ):
        self._radio = radio
        self._wlan = None
        self._pause = Backoff()
        self._config = config
        self._restart = restart
        self._serve = serve
        self._server = None
        self._opened_ms = 0
        self._saved_ms = None
        self._asked = False
        self._button = button
        self._may_open = may_open
        self._is_joined = is_joined
        self._pressed_ms = None
        self._started_ms = None
        self._has_seen = False  # the Wi-Fi, or that there is none
        self.last_error = ""

    def ask(self):
        """Open the network for ten minutes, also on a box that has a Wi-Fi."""
        self._asked = True

    def is_open(self) -> bool:
        return self._server is not None

    def poll(self, now_ms):
        server = self._server
        if server is None:
            self._listen(now_ms)
            if self._is_wanted() and self._pause.is_over(now_ms) and self._may_open():
                self._open(now_ms)
            return
        server.poll(now_ms)
        if self._is_over(now_ms):
            server.close()
            self._server = None
            if self._wlan:
                self._wlan.active(False)
            if self._saved_ms is not None:
                self._restart()

    def _is_wanted(self):
        return self._asked or not self._config["wifi_ssid"]

    def _listen(self, now_ms):
        """Has the button been held, has the Wi-Fi been missing for long?"""
        if self._started_ms is None:
            self._started_ms = now_ms
        if not self._has_seen and self._is_joined():
            self._has_seen = True
        if not self._has_seen and time.ticks_diff(now_ms, self._started_ms) > UNJOINED_MS:
            self._has_seen = self._asked = True
        if not self._button or not self._button.is_pressed():
            self._pressed_ms = None
        elif self._pressed_ms is None:
            self._pressed_ms = now_ms
        elif time.ticks_diff(now_ms, self._pressed_ms) >= PRESS_MS:
            self._asked = True

    def _is_over(self, now_ms):
        if self._saved_ms is not None:
            return time.ticks_diff(now_ms, self._saved_ms) > FAREWELL_MS
        return self._config["wifi_ssid"] and time.ticks_diff(now_ms, self._opened_ms) > OPEN_MS

    def _open(self, now_ms):
        key = self._config["setup_key"]
        if len(key) < _SHORTEST_KEY:
            self.last_error = "no setup_key: no setup network"
            self._asked = False
            self._pause.fail(now_ms)
            return
        try:
            self._start(key)
            self._server = self._page()(self._config, self._on_saved)
        except (OSError, MemoryError) as wrong:
            self.last_error = str(wrong) or "no memory"
            self._pause.fail(now_ms)
            if self._wlan:
                self._wlan.active(False)
            return
        self._pause.succeed()
        self._asked = False
        self._opened_ms = now_ms
        self._saved_ms = None
        self.last_error = ""

    def _page(self):
        if self._serve:
            return self._serve
        from setup.page_server import PageServer  # in memory only while it serves

        return PageServer

    def _start(self, key):
        """The port activates first and takes the key then; nothing listens in between."""
        name = "wallbox-" + self._config["box_id"]
        self._wlan = self._radio()
        self._wlan.active(True)
        self._wlan.config(ssid=name[:32], key=key, security=_WPA2, max_clients=_VISITORS)
        if self._wlan.config("security") != _WPA2:
            raise OSError("the setup network would be open")

    def _on_saved(self):
        self._saved_ms = time.ticks_ms()


def interface():
    """Return the chip's network.WLAN for it."""
    import network

    return network.WLAN(network.AP_IF)
