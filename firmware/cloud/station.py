"""Keeps the box in its Wi-Fi: associates anew, restarts the radio, at last the chip.

The port's own reconnecting is not enough: it hangs after some errors until the radio was off
(micropython issue 14382), and an access point that forgot the box leaves it "connected" for ever.
After an error of the driver, as for want of memory, the pauses grow.
The chip is restarted only while no car is connected and nothing was heard for hours.
"""

import time

from backoff import Backoff
from micropython import const

_LOOK_MS = const(1_000)
_ASSOCIATE_MS = const(20_000)  # a try may take so long: scan, association, DHCP
_TRIES = const(3)  # before the radio is restarted
_DEAF_MS = const(300_000)  # connected, but the link is not: perhaps only by name
_LONGEST_DEAF_MS = const(3_600_000)  # the broker may simply be down
RESTART_MS = 6 * 3_600_000
_OFF_MS = const(1_000)


def is_past(now_ms, since_ms, span_ms) -> bool:
    """Return whether span_ms have passed since since_ms; yes if that never was."""
    return since_ms is None or time.ticks_diff(now_ms, since_ms) >= span_ms


class Station:
    """wlan: network.WLAN of the station interface. snapshot: exchange.Snapshot.

    restart: resets the chip. radio_restarts, associations: counted since the start.
    """

    def __init__(self, wlan, ssid, key, snapshot, restart):
        self._wlan = wlan
        self._ssid, self._key = ssid, key
        self._snapshot = snapshot
        self._restart = restart
        self._looked_ms = None
        self._tried_ms = None  # when the try under way began
        self._off_ms = None
        self._lost_ms = None
        self._deaf_ms = None
        self._patience_ms = _DEAF_MS
        self._tries = 0
        self._pause = Backoff()
        self.radio_restarts = 0
        self.associations = 0
        self.last_error = ""

    def is_up(self) -> bool:
        return bool(self._wlan.isconnected())

    def rssi(self):
        """Return the signal's strength in dBm, or None."""
        try:
            return self._wlan.status("rssi") if self.is_up() else None
        except OSError:
            return None

    def poll(self, now_ms, hears: bool):
        """Look after the association once a second. hears: whether the link is up."""
        if not is_past(now_ms, self._looked_ms, _LOOK_MS):
            return
        first, self._looked_ms = self._looked_ms is None, now_ms
        try:
            if first:
                self._start(now_ms)
            elif self._off_ms is not None:
                self._switch_on(now_ms)
            elif self._wlan.isconnected():
                self._connected(now_ms, hears)
            else:
                self._missing(now_ms)
        except (OSError, MemoryError) as wrong:  # "Wifi Internal Error", "WiFi Out of Memory"
            self.last_error = str(wrong) or "no memory"
            self._pause.fail(now_ms)
            self._switch_off(now_ms)

    def _start(self, now_ms):
        self._lost_ms = now_ms
        self._wlan.active(True)
        self._associate(now_ms)

    def _associate(self, now_ms):
        self._tried_ms = now_ms
        self._tries += 1
        self.associations += 1
        self._wlan.connect(self._ssid, self._key)

    def _connected(self, now_ms, hears):
        self._tries = 0
        self._tried_ms = None
        self._pause.succeed()
        if hears:
            self._lost_ms = self._deaf_ms = None
            self._patience_ms = _DEAF_MS
            return
        if self._lost_ms is None:
            self._lost_ms = now_ms
        if self._deaf_ms is None:
            self._deaf_ms = now_ms
        elif is_past(now_ms, self._deaf_ms, self._patience_ms):
            self._deaf_ms = now_ms
            self._patience_ms = min(self._patience_ms * 2, _LONGEST_DEAF_MS)
            self._wlan.disconnect()
            self._associate(now_ms)

    def _missing(self, now_ms):
        self._deaf_ms = None
        if self._lost_ms is None:
            self._lost_ms = now_ms
        if self._tried_ms is None:
            self._tried_ms = now_ms  # the port tries by itself first
        elif is_past(now_ms, self._tried_ms, _ASSOCIATE_MS):
            self._try_harder(now_ms)

    def _try_harder(self, now_ms):
        if self._is_hopeless(now_ms):
            self._restart()
        elif self._tries >= _TRIES:
            self._switch_off(now_ms)
        else:
            self._wlan.disconnect()
            self._associate(now_ms)

    def _switch_off(self, now_ms):
        self._off_ms = now_ms
        self._tries = 0
        self.radio_restarts += 1
        self._wlan.active(False)

    def _switch_on(self, now_ms):
        if not is_past(now_ms, self._off_ms, _OFF_MS) or not self._pause.is_over(now_ms):
            return
        self._off_ms = None
        self._wlan.active(True)
        self._associate(now_ms)

    def _is_hopeless(self, now_ms):
        """A driver that even a switched off radio did not heal; and nobody is disturbed."""
        snapshot = self._snapshot
        in_use = snapshot.session_number or snapshot.contactor_command or snapshot.contactor_closed
        return not in_use and is_past(now_ms, self._lost_ms, RESTART_MS)


def station(config, snapshot, restart) -> Station:
    """Return the Station of a board with Wi-Fi."""
    import network

    wlan = network.WLAN(network.STA_IF)
    return Station(wlan, config["wifi_ssid"], config["wifi_key"], snapshot, restart)
