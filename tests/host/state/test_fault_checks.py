"""Every check of the fault table at its edge: the last value that is right, the first that is not.

And what each row is required to do, written out apart from the table, with its source.
"""

import pytest
from facts import core_with

from state import fault_texts, faults
from state.faults import ACTION, CHECK, ENDING, ENDLESS, FAULTS, LASTS, NAME
from state.pilot import A, B, C, D, E, F

NEVER = -1
ROW = {row[NAME]: row for row in FAULTS}
DC, AC, HOT = (1 << faults.CODES.index(code) for code in ("residual_dc", "residual_ac", "hot"))

X1 = {"duty.bp": 10_000, "duty.since_ms": 30, "inputs.pilot_duty_bp": 10_000}
RUNS = {"duty.bp": 2_666, "duty.since_ms": 30, "inputs.pilot_duty_bp": 2_666, "pilot.letter": C}
RUNS["inputs.pilot_low_mv"] = -12_000
OTHER_DUTY = RUNS | {"inputs.pilot_duty_bp": 9_000}
SOCKET = {"settings.has_socket": 1, "connected": 1}
LEAKS = {"inputs.residual_dc": 1, "inputs.residual_ac": 1, "switched_ms": 1_001}
LEAKS["residual_test.running"] = 0
SHOWS_CLOSED = {"closing": 0, "settings.has_feedback": 1, "inputs.contactor_closed": 1}
SHOWS_OPEN = {"closing": 1, "settings.has_feedback": 1, "inputs.contactor_closed": 0}
DRAWS_OPEN = {"closing": 0, "settings.has_feedback": 0, "open_ms": 3_001, "highest_ma": 501}
OFFERED = {"closing": 1, "duty.allowed_da": 160, "highest_ma": 99_999, "rating_da": 160}
HOUSE = {"mains.seen": 7, "mains.lost": 0, "mains.lowest_mv": 230_000, "mains.highest_mv": 230_000}
PME = HOUSE | {"settings.open_pen": 1}
# so that both sides of the border between the grids are told apart
WIDE = {"settings.low_chz": 4_400, "settings.high_chz": 5_200}
INTERRUPTED = {"session.number": 1, "session.interruptions": 4}

# code, field, the last value that is right, the first that is wrong, what else is so
EDGES = [
    ("pilot_short", "pilot.letter", D, E, {}),
    ("pilot_short", "pilot.letter", F, E, {}),
    ("pilot_undecided", "pilot.undecided_ms", 2_999, 3_000, X1),
    ("pilot_undecided", "duty.bp", 0, 1, {"pilot.undecided_ms": 3_000}),  # our own F
    ("oscillator", "pilot.letter", E, F, X1),
    ("oscillator", "pilot.letter", E, F, OTHER_DUTY),
    ("oscillator", "duty.bp", 0, 1_000, X1 | {"pilot.letter": F}),
    ("oscillator", "duty.bp", 0, 1_000, X1 | {"pilot.letter": C}),
    ("oscillator", "duty.since_ms", 29, 30, OTHER_DUTY),  # a burst may show the duty before
    ("oscillator", "pilot.letter", E, D, OTHER_DUTY),  # seq. 12 has it already
    ("oscillator", "inputs.pilot_duty_bp", 3_266, 3_267, RUNS),  # two reads of a burst of 29
    ("oscillator", "inputs.pilot_duty_bp", 2_066, 2_065, RUNS),
    ("oscillator", "inputs.pilot_duty_bp", 9_400, 9_399, X1),
    ("oscillator", "pilot.flat", 0, 1, RUNS),
    ("oscillator", "duty.bp", 10_000, 9_600, X1 | {"pilot.letter": C, "pilot.flat": 1}),
    # table A.4: +-12 V within 1 V; low plateaus above -10 V are the diode's
    ("supply_rail", "inputs.pilot_low_mv", -13_000, -13_001, RUNS),
    ("supply_rail", "inputs.pilot_low_mv", -11_000, -10_999, RUNS),
    ("supply_rail", "inputs.pilot_low_mv", -9_999, -10_000, RUNS),
    ("supply_rail", "duty.since_ms", 29, 30, RUNS | {"inputs.pilot_low_mv": -13_001}),
    ("supply_rail", "duty.bp", 0, 2_666, RUNS | {"inputs.pilot_low_mv": -13_001}),
    ("supply_rail", "duty.bp", 0, 10_000, RUNS | {"pilot.letter": A, "inputs.pilot_high_mv": 0}),
    ("supply_rail", "inputs.pilot_high_mv", 11_000, 10_999, X1 | {"pilot.letter": A}),
    ("supply_rail", "inputs.pilot_high_mv", 13_000, 13_001, X1 | {"pilot.letter": A}),
    ("supply_rail", "pilot.letter", B, A, X1 | {"inputs.pilot_high_mv": 9_000}),
    ("pilot_input", "inputs.pilot_spread_uv", 1, 0, {}),
    ("pilot_input", "inputs.pilot_high_mv", 13_499, 13_500, {}),
    ("pilot_input", "inputs.pilot_high_mv", -13_499, -13_500, {}),
    ("pilot_input", "duty.bp", 0, 10_000, {"inputs.pilot_spread_uv": 0}),  # our own F
    ("diode_lost", "pilot.diode_lost", 0, 1, RUNS),
    ("diode_lost", "pilot.flat", 1, 0, RUNS | {"pilot.diode_lost": 1}),
    ("cable_undefined", "cable.current_da", 130, 0, SOCKET),
    ("cable_undefined", "connected", 0, 1, SOCKET),
    ("cable_undefined", "settings.has_socket", 0, 1, SOCKET),
    ("cable_lost", "cable.undefined_ms", 500, 501, SOCKET | {"cable.current_da": 130}),
    ("cable_lost", "cable.current_da", 0, 130, SOCKET | {"cable.undefined_ms": 501}),
    (
        "cable_lost",
        "settings.has_socket",
        0,
        1,
        {"cable.undefined_ms": 501, "cable.current_da": 130},
    ),
    # the monitor's own reading is blind for 1 s after switching (Tinkerforge), and in its test
    ("residual_dc", "inputs.residual_dc", 0, 1, LEAKS),
    ("residual_dc", "switched_ms", 1_000, 1_001, LEAKS),
    ("residual_dc", "residual_test.running", 1, 0, LEAKS),
    ("residual_dc", "protection.faults", AC, DC, LEAKS | {"switched_ms": 0}),
    ("residual_ac", "inputs.residual_ac", 0, 1, LEAKS),
    ("residual_ac", "switched_ms", 1_000, 1_001, LEAKS),
    ("residual_ac", "residual_test.running", 1, 0, LEAKS),
    ("residual_ac", "protection.faults", DC, AC, LEAKS | {"switched_ms": 0}),
    ("residual_test", "residual_test.failed", 0, 1, {}),
    ("welded", "closing", 1, 0, SHOWS_CLOSED),
    ("welded", "settings.has_feedback", 0, 1, SHOWS_CLOSED),
    ("welded", "inputs.contactor_closed", 0, 1, SHOWS_CLOSED),
    ("welded", "highest_ma", 500, 501, DRAWS_OPEN),  # OpenEVCharger's threshold
    ("welded", "open_ms", 3_000, 3_001, DRAWS_OPEN),
    ("welded", "closing", 1, 0, DRAWS_OPEN),
    ("welded", "inputs.meter_valid", 0, 1, DRAWS_OPEN),
    ("stuck_open", "inputs.contactor_closed", 1, 0, SHOWS_OPEN),
    ("stuck_open", "settings.has_feedback", 0, 1, SHOWS_OPEN),
    ("stuck_open", "closing", 0, 1, SHOWS_OPEN),
    ("stuck_open", "highest_ma", 501, 500, SHOWS_OPEN),
    ("feedback_wrong", "highest_ma", 500, 501, SHOWS_OPEN),
    ("feedback_wrong", "inputs.contactor_closed", 1, 0, SHOWS_OPEN | {"highest_ma": 501}),
    ("earth_lost", "inputs.earth_ok", 1, 0, {}),
    # of 16 A: 105 % told, (16 A + 0.5 A) * 110 % stopped (EVerest), 120 % and 150 % opened
    ("above_offer", "highest_ma", 16_800, 16_801, OFFERED),
    ("above_offer", "closing", 0, 1, OFFERED),
    ("over_current", "highest_ma", 18_150, 18_151, OFFERED),
    ("over_current", "closing", 0, 1, OFFERED),
    ("over_current_hard", "highest_ma", 19_200, 19_201, OFFERED),
    ("over_current_hard", "closing", 0, 1, OFFERED),
    ("overload", "highest_ma", 24_000, 24_001, OFFERED),
    ("overload", "rating_da", NEVER, 160, OFFERED),
    ("over_voltage", "mains.highest_mv", 270_000, 270_001, HOUSE),
    ("over_voltage", "settings.over_voltage_mv", 230_000, 229_999, HOUSE),
    ("under_voltage", "mains.lowest_mv", 184_000, 183_999, HOUSE),  # OVE R37: 0.8 of 230 V
    ("under_voltage", "mains.seen", 0, 1, HOUSE | {"mains.lowest_mv": 0}),
    ("under_voltage", "inputs.meter_valid", 0, 1, HOUSE | {"mains.lowest_mv": 1}),
    ("under_voltage", "mains.lost", 1, 0, HOUSE | {"mains.lowest_mv": 50_000}),
    ("under_voltage", "inputs.meter_valid", 0, 1, HOUSE | {"mains.lowest_mv": 0}),
    ("under_voltage", "mains.weak", 0, 1, {"mains.seen": 0}),
    ("frequency", "inputs.frequency_chz", 4_750, 4_749, {}),
    ("frequency", "inputs.frequency_chz", 5_100, 5_101, {}),
    ("frequency", "inputs.frequency_chz", 5_750, 5_749, {}),  # 60 Hz: 10 Hz more
    ("frequency", "inputs.frequency_chz", 6_100, 6_101, {}),
    ("frequency", "inputs.frequency_chz", 5_501, 5_500, WIDE),
    ("frequency", "inputs.frequency_chz", 0, 1, {}),  # 0: unknown
    ("open_pen", "mains.lowest_mv", 207_000, 206_999, PME),  # BS 7671 722.411.4.1(iv)
    ("open_pen", "mains.highest_mv", 253_000, 253_001, PME),
    ("open_pen", "settings.open_pen", 0, 1, PME | {"mains.lowest_mv": 206_999}),
    ("open_pen", "mains.seen", 0, 1, PME | {"mains.lowest_mv": 206_999}),
    ("open_pen", "inputs.meter_valid", 1, 0, PME),  # blind is not safe
    ("open_pen", "settings.open_pen", 0, 1, PME | {"inputs.meter_valid": 0}),
    ("phase_lost", "mains.lost", 0, 1, {}),
    ("phase_lost", "inputs.meter_valid", 0, 1, {"mains.lost": 1}),
    ("hot", "inputs.temperature_dc", 709, 710, {}),  # OpenEVSE: 71 C
    ("hot", "inputs.temperature_dc", 619, 620, {"protection.faults": HOT}),  # whole below 62 C
    ("thermometer", "inputs.temperature_dc", -340, -341, {}),
    ("thermometer", "inputs.temperature_dc", 1_240, 1_241, {}),
    ("cycled", "session.interruptions", 3, 4, INTERRUPTED),  # a Porsche sleeps at the 5th
    ("cycled", "session.number", 0, 1, INTERRUPTED),
    ("cycled", "settings.most_interruptions", 5, 4, INTERRUPTED),
    ("cycled", "session.interruptions", 2, 3, INTERRUPTED | {"session.from_request": 1}),
    ("restarted", "crashes", 0, 1, {}),
    ("restarted", "booted_ms", 1_000, 999, {"crashes": 1}),
    ("crash_loop", "crashes", 4, 5, {}),
    ("stage_failed", "stage_failed", 0, 1, {}),
]


def edge_name(value):
    return "%s-%s-%s" % value[:3] if isinstance(value, tuple) else None


@pytest.mark.parametrize("edge", EDGES, ids=edge_name)
def test_one_step_beyond_the_edge_is_a_fault_and_the_edge_is_none(edge):
    code, field, right, wrong, facts = edge
    check = ROW[code][CHECK]
    assert not check(core_with(facts | {field: right}))
    assert check(core_with(facts | {field: wrong}))


def test_every_row_has_its_edge_here():
    assert {edge[0] for edge in EDGES} == set(ROW)


TOLD, STOP, OPEN, SHUT_DOWN = range(4)
GONE, UNPLUG, RESET = range(3)
# a car's own fault ends after 30 s (Tinkerforge waits that long before C), three times (Tesla)
CAR, GRID, WARNING = (
    (GONE, 30_000, 3),
    (GONE, 30_000, ENDLESS),
    (GONE, 60_000, ENDLESS),
)
PLUG, PERSON = (UNPLUG, 0, 0), (RESET, 0, 0)
REQUIRED = {
    "pilot_short": (0, OPEN, CAR),
    "pilot_undecided": (0, OPEN, CAR),  # its 3 s of seq. 12 are in the check
    "oscillator": (50, OPEN, CAR),  # to open within 100 ms
    "supply_rail": (1_000, STOP, GRID),
    "pilot_input": (1_000, OPEN, GRID),
    "diode_lost": (0, OPEN, CAR),
    "cable_undefined": (500, OPEN, PLUG),
    "cable_lost": (0, OPEN, PLUG),  # its 500 ms are in the check
    "residual_dc": (50, OPEN, PLUG),
    "residual_ac": (50, OPEN, PLUG),
    "residual_test": (0, OPEN, PLUG),
    "welded": (200, OPEN, PERSON),  # mirror contact: Phoenix 200 ms
    "stuck_open": (200, OPEN, PLUG),
    "feedback_wrong": (500, OPEN, PLUG),
    "earth_lost": (10, OPEN, CAR),  # to open within 30 ms
    "above_offer": (30_000, TOLD, WARNING),
    "over_current": (7_000, STOP, CAR),
    "over_current_hard": (5_000, OPEN, PLUG),
    "overload": (500, OPEN, PLUG),
    "over_voltage": (2_000, OPEN, GRID),
    "under_voltage": (3_000, STOP, GRID),
    "frequency": (2_000, STOP, GRID),
    "open_pen": (4_000, OPEN, GRID),  # BS 7671: within 5 s
    "phase_lost": (1_000, STOP, GRID),
    "hot": (1_000, STOP, GRID),
    "thermometer": (1_000, TOLD, WARNING),
    "cycled": (0, STOP, PLUG),
    "restarted": (0, STOP, GRID),
    "crash_loop": (0, SHUT_DOWN, PERSON),
    "stage_failed": (0, SHUT_DOWN, PERSON),
}


def test_the_rows_are_the_required_ones():
    assert {code: (row[LASTS], row[ACTION], row[ENDING]) for code, row in ROW.items()} == REQUIRED


def test_what_passes_by_itself_however_often_is_not_lasting():
    lasting = [
        code for code, (_, action, ends) in REQUIRED.items() if action and ends[2] != ENDLESS
    ]
    assert faults.codes(faults.LASTING) == lasting
    assert faults.LASTING < 1 << len(FAULTS)


def test_the_words_for_actions_and_endings_are_in_their_places():
    assert fault_texts.ACTIONS[OPEN] == "open at once" and fault_texts.ACTIONS[STOP].startswith(
        "stop"
    )
    assert (faults.NOTE, faults.STOP, faults.OPEN, faults.SHUT_DOWN) == (
        TOLD,
        STOP,
        OPEN,
        SHUT_DOWN,
    )
    assert fault_texts.CLEARS[RESET] == "on reset only" and fault_texts.CLEARS[GONE].startswith(
        "when gone"
    )
    assert (faults.GONE, faults.UNPLUG, faults.RESET) == (GONE, UNPLUG, RESET)
    assert len(fault_texts.ACTIONS) == 4 and len(fault_texts.CLEARS) == 3


def test_the_names_of_bits():
    assert faults.codes(0) == []
    assert faults.codes(DC | 1) == ["pilot_short", "residual_dc"]
    assert faults.codes((1 << len(FAULTS)) - 1) == list(faults.CODES)
