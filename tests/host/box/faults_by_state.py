"""The matrix of faults and states: how a scenario causes each row of the table in each state.

A cell takes the box from an empty socket into its state, causes the fault, takes the cause away,
waits for the fault's rule, unplugs and resets. Many cells are one run of the virtual box.
"""

from state.faults import ENDING, ENDS, FAULTS, GONE, LASTS, SWITCHING_MS, WAIT

CAUSE_MS = 6_000  # of a cell: by then it is in its state
BREAK_MS = 4_000  # an empty socket between two cells: the session ends
ERASE_MS = 50  # of flash, only while the contactor is open: the code is told after it
SLACK_MS = 6_000  # erases of 45 ms, up to three a second, do not count into a wait
LIMIT = "limit.house"
PLUG = (0, "ev.cp_ohm", "2740")
ASK = (2_000, "ev.cp_ohm", "882")
NO_OFFER = (0, LIMIT, "0")
# state: what leads to it, as rows of a scenario from the start of the cell
STATES = {
    "A1": (),
    "B1": (NO_OFFER, PLUG),
    "B2": (PLUG,),
    "C1": (NO_OFFER, PLUG, ASK),
    "C2 open": (PLUG, (CAUSE_MS - 350, "ev.cp_ohm", "882")),
    "C2": (PLUG, ASK),
    "C1 closed": (PLUG, ASK, (CAUSE_MS - 500, LIMIT, "0")),
    "D2": (PLUG, (2_000, "ev.cp_ohm", "246")),
}
CLOSED = ("C2", "C1 closed")
RUNNING = ("B2", "C2 open", "C2", "D2")  # the oscillator
CABLED = tuple(name for name in STATES if name != "A1")
EVERY = tuple(STATES)
CAR = "ev.cp_ohm"
STUCK_HIGH, STUCK_LOW = ("cp.oscillator_permille", "1000"), ("cp.oscillator_permille", "0")
# code, states in which it can be seen, what causes it, what takes the cause away
CAUSES = (
    ("pilot_short", EVERY, (CAR, "0"), None),
    ("pilot_undecided", EVERY, ("cp.high_v", "7.5"), ("cp.high_v", "auto")),
    ("oscillator", RUNNING, STUCK_HIGH, ("cp.oscillator_permille", "auto")),
    ("oscillator", ("A1", "B1", "C1", "C1 closed"), STUCK_LOW, ("cp.oscillator_permille", "auto")),
    ("supply_rail", ("A1", *RUNNING), ("cp.rail_v", "10.6"), ("cp.rail_v", "12")),
    ("pilot_input", EVERY, ("cp.adc_v", "1.9"), ("cp.adc_v", "auto")),
    ("diode_lost", RUNNING, ("ev.diode", "0"), ("ev.diode", "1")),
    ("cable_lost", CABLED, ("pp.ohm", "open"), ("pp.ohm", "220")),
    ("residual_dc", EVERY, ("rcm.dc_ma", "7"), ("rcm.dc_ma", "0")),
    ("residual_ac", EVERY, ("rcm.ac_ma", "35"), ("rcm.ac_ma", "0")),
    ("welded", CLOSED, ("contactor.fault", "welded"), ("contactor.fault", "none")),
    ("stuck_open", CLOSED, ("contactor.fault", "stuck_open"), ("contactor.fault", "none")),
    ("feedback_wrong", CLOSED, ("contactor.fault", "no_feedback"), ("contactor.fault", "none")),
    ("earth_lost", EVERY, ("pe.ok", "0"), ("pe.ok", "1")),
    ("above_offer", ("C2",), ("ev.current_a", "34.4"), ("ev.current_a", "16")),
    ("over_current", ("C2",), ("ev.current_a", "37"), ("ev.current_a", "16")),
    ("over_current_hard", ("C2",), ("ev.current_a", "41"), ("ev.current_a", "16")),
    ("overload", ("C2",), ("ev.current_a", "52"), ("ev.current_a", "16")),
    ("over_voltage", EVERY, ("mains.v", "230/230/280"), ("mains.v", "230")),
    ("under_voltage", EVERY, ("mains.v", "230/230/170"), ("mains.v", "230")),
    ("frequency", EVERY, ("mains.hz", "46.5"), ("mains.hz", "50")),
    ("open_pen", EVERY, ("mains.v", "200/230/230"), ("mains.v", "230")),
    ("phase_lost", EVERY, ("mains.v", "230/20/230"), ("mains.v", "230")),
    ("hot", EVERY, ("temp.c", "75"), ("temp.c", "25")),
    ("thermometer", EVERY, ("temp.c", "-40"), ("temp.c", "25")),
)
# what the sensor, the check itself or the plant takes before the table's own bound begins
SENSING_MS = {
    "pilot_undecided": 3_000,
    "cable_lost": 650,
    "residual_dc": 650,
    "residual_ac": 300,
    "welded": 60,
    "stuck_open": 400,  # the meter's quick window still shows current
    "frequency": 2_000,
    "feedback_wrong": 60,
    "thermometer": 150,
    "hot": 150,
}
METERED = ("above_offer", "over_current", "over_current_hard", "overload", "over_voltage")
METERED += ("under_voltage", "open_pen", "phase_lost")
METER_MS = 600  # the quick values of the meter follow a change within some mains periods
TABLE = {row[0]: row for row in FAULTS}


class Cell:
    """code, state: what happens where. cause_ms, remedy_ms, unplug_ms, reset_ms: when."""

    def __init__(self, code, state, cause, remedy, start_ms, phase_ms):
        self.code, self.state = code, state
        self.row = TABLE[code]
        self.cause_ms = start_ms + CAUSE_MS + phase_ms
        self.seen_ms = self.cause_ms + self.bound_ms()
        self.remedy_ms = self.seen_ms + 1_500
        ends, wait_ms = self.row[ENDING][ENDS], self.row[ENDING][WAIT]
        self.cleared_ms = self.remedy_ms + (wait_ms + SLACK_MS if ends == GONE else 1_000)
        self.unplug_ms = self.cleared_ms + 500
        self.reset_ms = self.unplug_ms + BREAK_MS
        self.end_ms = self.reset_ms + 500
        self.rows = [(start_ms + at, name, value) for at, name, value in STATES[state]]
        self.rows.append((self.cause_ms, *cause))
        if code == "welded":
            self.rows.append((self.cause_ms + 1, CAR, "open"))
        self.rows.append((self.remedy_ms, *(remedy or (CAR, "2740"))))
        if state != "A1" or code == "pilot_short":
            self.rows.append((self.unplug_ms, CAR, "open"))
        self.rows += [(self.unplug_ms, LIMIT, "none"), (self.reset_ms, "box.reset", "1")]

    def bound_ms(self):
        """Return within how many milliseconds the fault must be told."""
        sensing_ms = METER_MS if self.code in METERED else SENSING_MS.get(self.code, 0)
        if self.state == "C2 open" and self.code.startswith("residual"):
            sensing_ms += SWITCHING_MS  # it closes meanwhile, and then the reading is blind
        erase_ms = 0 if self.is_closed() else ERASE_MS
        return self.row[LASTS] + sensing_ms + erase_ms + 30

    def is_closed(self):
        return self.state in CLOSED

    def ends(self):
        return self.row[ENDING][ENDS]


def cells(wanted, start_ms=1_000):
    """Return the cells of the matrix that are wanted(code, state), one after another in time."""
    found = []
    for code, states, cause, remedy in CAUSES:
        for state in states:
            if wanted(code, state):
                phase_ms = len(found) * 9.7 % 9
                cell = Cell(code, state, cause, remedy, start_ms, phase_ms)
                found.append(cell)
                start_ms = cell.end_ms
    return found


def scenario(found, before=()):
    """Return the text of a scenario that plays these cells."""
    rows = [(0, "ev.current_a", "16"), (0, "ev.follow", "0"), *before]
    for cell in found:
        rows += cell.rows
    rows.sort(key=lambda row: row[0])
    return "\n".join("%.3f,%s,%s" % row for row in rows)
