"""Plain values under wallbox/<box_id>/plain/: what evcc, openWB and Home Assistant can take as is.

Retained, one value a topic, told when it has changed: a state within half a second, a measured
value by at least its step and at most every tenth of telemetry_s. One table.
"""

import time

from micropython import const

from state.faults import codes
from state.pilot import LETTERS, A, E

PASS_MS = 500
_FLOWS_MA = const(1_000)  # a phase in use; what a car's charger draws beside is far less
MEASURES = 10  # in a telemetry_s
KINDS = ("idle", "connected", "charging", "faulty")


def status(shown, requests):
    """evcc's letters: C is a car that charges, B one that does not."""
    if A < shown.letter < E:
        return "C" if shown.contactor_closed else "B"
    return LETTERS[shown.letter]


def kind(shown, requests):
    if shown.faults:
        return KINDS[3]
    if shown.contactor_closed:
        return KINDS[2]
    return KINDS[1 if shown.session_number else 0]


def switch(value):
    return "true" if value else "false"


def ampere(phase):
    return lambda shown, requests: "%.1f" % (shown.current_ma[phase] / 1_000)


def volt(phase):
    return lambda shown, requests: "%d" % (shown.voltage_mv[phase] // 1_000)


def kilowatt_hours(wh):
    """Whole hundredths, rounded down, from integers: a float of the board ends at 131,072.00."""
    return "%d.%02d" % (wh // 1_000, wh // 10 % 100)


def phases_in_use(shown, requests):
    return "%d" % sum([ma >= _FLOWS_MA for ma in shown.current_ma])


def session_energy(shown, requests):
    return kilowatt_hours(sum(shown.session_ws) // 3_600)


# name, least change that is told (0: a state, at once; -1: measured, any), its text (None: the
# currents as they were told, in a list), unit. openWB's words: imported, currents, phases_in_use
PLAIN = (
    ("status", 0, status, ""),
    ("state", 0, kind, ""),
    ("enabled", 0, lambda shown, requests: switch(requests.enabled), ""),
    ("plugged", 0, lambda shown, requests: switch(shown.session_number), ""),
    ("charging", 0, lambda shown, requests: switch(shown.contactor_closed), ""),
    ("offered_current", 0, lambda shown, requests: "%.1f" % (shown.offer_da / 10), "A"),
    ("reason", 0, lambda shown, requests: requests.name_of(shown.offer_slot), ""),
    ("faults", 0, lambda shown, requests: "+".join(codes(shown.faults)) or "none", ""),
    ("power", 20, lambda shown, requests: "%d" % shown.power_w, "W"),
    ("energy", -1, lambda shown, requests: kilowatt_hours(shown.energy_wh()), "kWh"),
    ("session_energy", -1, session_energy, "kWh"),
    ("imported", 10, lambda shown, requests: "%d" % shown.energy_wh(), "Wh"),
    ("current_1", 0.2, ampere(0), "A"),
    ("current_2", 0.2, ampere(1), "A"),
    ("current_3", 0.2, ampere(2), "A"),
    ("currents", -1, None, "A"),
    ("phases_in_use", 1, phases_in_use, ""),
    ("voltage_1", 2, volt(0), "V"),
    ("voltage_2", 2, volt(1), "V"),
    ("voltage_3", 2, volt(2), "V"),
    ("temperature", 1, lambda shown, requests: "%.1f" % (shown.temperature_dc / 10), "\u00b0C"),
)
CURRENTS = [row[0] for row in PLAIN].index("current_1")
STATES = len([row for row in PLAIN if not row[1]])
SIGNAL = "signal"
_SIGNAL_STEP_DBM = const(4)


class Plain:
    """signal: returns the radio's signal strength in dBm, or None without a radio."""

    def __init__(self, config, snapshot, requests, signal):
        self._base = "wallbox/%s/plain/" % config["box_id"]
        self._snapshot = snapshot
        self._requests = requests
        self._signal = signal
        self._measure_ms = config["telemetry_s"] * 1_000 // MEASURES
        self._told = [""] * (len(PLAIN) + 1)  # no value is empty
        self._row = 0
        self._end = 0  # of the pass under way; none yet
        self._passed_ms = None
        self._measured_ms = None

    def forget(self):
        """The broker may have lost what was told: tell everything again."""
        for row in range(len(self._told)):
            self._told[row] = ""
        self._passed_ms = self._measured_ms = None
        self._row = self._end = 0

    def poll(self, now_ms):
        """Return the next (topic, payload, retained) to tell, or None."""
        if self._row >= self._end and not self._begin(now_ms):
            return None
        while self._row < self._end:
            row = self._row
            self._row += 1
            name, step, text = self._value(row)
            if self._is_news(row, step, text):
                self._told[row] = text
                return self._base + name, text, True
        return None

    def _begin(self, now_ms):
        """Begin a pass over the states, and over all when it is time to measure."""
        if self._passed_ms is not None and time.ticks_diff(now_ms, self._passed_ms) < PASS_MS:
            return False
        self._passed_ms = now_ms
        self._row, self._end = 0, STATES
        since_ms = self._measured_ms
        if since_ms is None or time.ticks_diff(now_ms, since_ms) >= self._measure_ms:
            self._measured_ms = now_ms
            self._end = len(self._told)
        return True

    def _value(self, row):
        if row < len(PLAIN):
            name, step, text, _ = PLAIN[row]
            if text is None:
                return name, step, "[%s]" % ",".join(self._told[CURRENTS : CURRENTS + 3])
            return name, step, text(self._snapshot, self._requests)
        dbm = self._signal()
        return SIGNAL, _SIGNAL_STEP_DBM, "" if dbm is None else "%d" % dbm

    def _is_news(self, row, step, text):
        told = self._told[row]
        if not text or text == told:
            return False
        if not told or step <= 0:
            return True
        value = float(text)
        return value == 0 or abs(value - float(told)) >= step - 1e-6
