"""The one table of faults: what is checked, how long it may last, what it does, how it ends.

Docs, MQTT and console print this table. A check is a one-line question about the core; bit k of
`faults` belongs to row k. New protections are new rows.
"""

from state import pilot

OPEN, STOP, SHUT_DOWN = range(3)  # at once; sequence 9.1 with its 6 s; at once and stay in F
ACTIONS = ("open", "stop", "shut down")
GONE, UNPLUG, RESET = range(3)
CLEARS = ("when gone for its wait", "on unplugging or reset", "on reset only")

RETRY_MS = 30_000  # Tinkerforge waits 30 s before C after an error
CONTACTOR_MS = 200  # mirror contact: Phoenix 200 ms, EVerest 100 ms after 50 ms of travel
SWITCHING_MS = 1_000  # the monitor's own reading is blind this long after switching: Tinkerforge
RESIDUAL_MS = 50  # debounce: peers scenario 32
CABLE_MS = 500
EARTH_MS = 10  # two more ticks: opens within 30 ms of the loss
DRIVEN_MS = 50  # after our own F the next bursts must show +12 V by then
UNPLUGGED_MS = 500  # of A, before a fault that waits for unplugging is forgotten
HOT_DC = 710  # OpenEVSE: stop at 71, restore at 62
COOL_DC = 620
LONG_MS = 60_000


def is_short(k):
    return k.pilot.letter == pilot.E


def is_negative(k):
    return k.pilot.letter == pilot.F and k.duty.bp


def is_diode_lost(k):
    return k.pilot.diode_lost


def is_cable_undefined(k):
    return k.settings.has_socket and k.connected and k.cable.current_da == 0


def is_cable_lost(k):
    return k.settings.has_socket and k.cable.current_da and k.cable.undefined_ms > CABLE_MS


def is_leaking_dc(k):
    return k.inputs.residual_dc and (k.protection.has(RESIDUAL_DC) or is_monitor_believed(k))


def is_leaking_ac(k):
    return k.inputs.residual_ac and (k.protection.has(RESIDUAL_AC) or is_monitor_believed(k))


def is_monitor_believed(k):
    """Not during its own test, nor just after switching; but a fault in force stays one."""
    return not k.residual_test.running and k.switched_ms > SWITCHING_MS


def is_monitor_dead(k):
    return k.residual_test.failed


def is_welded(k):
    return k.settings.has_feedback and k.inputs.contactor_closed and not k.closing


def is_stuck_open(k):
    return k.settings.has_feedback and k.closing and not k.inputs.contactor_closed


def is_earth_lost(k):
    return not k.inputs.earth_ok


def is_hot(k):
    return k.inputs.temperature_dc >= (COOL_DC if k.protection.has(HOT) else HOT_DC)


def is_broken(k):
    return k.stage_failed


# code, check, may last ms, action, ends, wait ms, what a person should know
FAULTS = (
    ("pilot_short", is_short, 0, OPEN, GONE, RETRY_MS, "Pilot shorted to earth: check the plug"),
    (
        "pilot_negative",
        is_negative,
        DRIVEN_MS,
        OPEN,
        GONE,
        RETRY_MS,
        "Pilot stuck low: check the wiring",
    ),
    ("diode_lost", is_diode_lost, 0, OPEN, GONE, RETRY_MS, "No diode seen: car or wet plug"),
    ("cable_undefined", is_cable_undefined, CABLE_MS, OPEN, UNPLUG, 0, "Cable rating unreadable"),
    ("cable_lost", is_cable_lost, 0, OPEN, UNPLUG, 0, "Proximity contact lost: check the cable"),
    ("residual_dc", is_leaking_dc, RESIDUAL_MS, OPEN, UNPLUG, 0, "Direct current to earth"),
    ("residual_ac", is_leaking_ac, RESIDUAL_MS, OPEN, UNPLUG, 0, "Current to earth"),
    ("residual_test", is_monitor_dead, 0, OPEN, UNPLUG, 0, "Residual current monitor failed"),
    ("welded", is_welded, CONTACTOR_MS, OPEN, RESET, 0, "Contactor does not open: switch off"),
    ("stuck_open", is_stuck_open, CONTACTOR_MS, OPEN, UNPLUG, 0, "Contactor does not close"),
    ("earth_lost", is_earth_lost, EARTH_MS, OPEN, GONE, RETRY_MS, "Protective earth missing"),
    ("hot", is_hot, 1_000, STOP, GONE, RETRY_MS, "Too hot: charging goes on when cooler"),
    ("stage_failed", is_broken, 0, SHUT_DOWN, RESET, 0, "Internal error: restart the box"),
)
NAME, CHECK, LASTS, ACTION, ENDS, WAIT, TEXT = range(7)
RESIDUAL_DC, RESIDUAL_AC, HOT = 5, 6, 11
CHECKS = tuple(check for _, check, _, _, _, _, _ in FAULTS)


class Protection:
    """faults: bits in force. opening: 1 if one of them forbids a closed contactor now.
    busy: 1 while anything is in force or building up; a quiet box is spared the book-keeping.
    unavailable: 1 if the box must stay in F. built_ms: how long the newest one lasted before.
    """

    def __init__(self):
        count = len(FAULTS)
        self.faults = 0
        self.opening = 0
        self.unavailable = 0
        self.built_ms = 0
        self.busy = (
            0  # something is in force or building up: spares the quiet box the book-keeping
        )
        self._held_ms = [0] * count
        self._gone_ms = [0] * count

    def has(self, row: int) -> int:
        return (self.faults >> row) & 1

    def step(self, k, reset: int, elapsed_ms: int):
        """Run every check. reset: 1 in the tick in which someone asked to clear."""
        row = 0
        quiet = not self.busy
        for check in CHECKS:
            if check(k):
                self._seen(row, elapsed_ms)
            elif not quiet:
                self._absent(row, k.departed_ms >= UNPLUGGED_MS, reset, elapsed_ms)
            row += 1
        if self.busy:
            self._sum_up()

    def _seen(self, row, elapsed_ms):
        self.busy = 1
        self._gone_ms[row] = 0
        if self._held_ms[row] >= FAULTS[row][LASTS] and not self.has(row):
            self.faults |= 1 << row
            self.built_ms = self._held_ms[row]
        self._held_ms[row] = min(self._held_ms[row] + elapsed_ms, LONG_MS)

    def _absent(self, row, unplugged, reset, elapsed_ms):
        self._held_ms[row] = 0
        self._gone_ms[row] = min(self._gone_ms[row] + elapsed_ms, LONG_MS)
        ends = FAULTS[row][ENDS]
        if (
            reset
            or (ends == UNPLUG and unplugged)
            or (ends == GONE and self._gone_ms[row] >= FAULTS[row][WAIT])
        ):
            self.faults &= ~(1 << row)

    def _sum_up(self):
        self.opening = 0
        self.unavailable = 0
        self.busy = 1 if self.faults or max(self._held_ms) else 0
        for row in range(len(FAULTS)):
            if self.has(row):
                action = FAULTS[row][ACTION]
                self.opening |= action != STOP
                self.unavailable |= action == SHUT_DOWN
