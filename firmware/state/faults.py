"""The one table of faults: what is checked, how long it may last, what it does, how it ends.

Docs, MQTT and console print this table, with the words of fault_texts.py. A check is a one-line
question about the core; bit k of `faults` belongs to row k. New protections are new rows; a
board's small integers hold 30 of them.
"""

from micropython import const

from state import pilot
from state.derating import COOL_DC, STOP_DC, is_implausible
from state.duty import NEGATIVE_BP
from state.records import NO_LIMIT

NOTE, STOP, OPEN, SHUT_DOWN = range(4)
GONE, UNPLUG, RESET = range(3)
TRIES = 3  # times a plug-in that a fault of the car's side may end by itself: Tesla's manual
ENDLESS = 255

_RETRY_MS = const(30_000)  # Tinkerforge waits 30 s before C after an error
_MINUTE_MS = const(60_000)
_CONTACTOR_MS = const(200)  # mirror contact: Phoenix 200 ms, EVerest 100 ms after 50 ms of travel
_FEEDBACK_MS = const(500)  # longer than a current that has gone can still be in the reading
SWITCHING_MS = 1_000  # the monitor's own reading is blind this long after switching: Tinkerforge
_RESIDUAL_MS = const(50)  # debounce: docs/conformity.md, peer 32
CABLE_MS = 500
_EARTH_MS = const(10)  # two more ticks: opens within 30 ms of the loss
# plateaus missing for longer: open within 100 ms; also the end of our own F
_READ_BACK_MS = const(50)
UNDECIDED_MS = 3_000  # the bound of seq. 12 for a level that belongs to no state
_DUTY_TOLERANCE_BP = const(600)  # two reads of a burst of 29, the resolution of the read-back
_TURNING_MS = const(30)  # a burst may still show the duty before
RAIL_MV = (11_000, 13_000)  # table A.4, states A and F
LOW_RAIL_MV = (-13_000, -11_000)
_BLIND_MV = const(13_500)  # a plateau no rail can make: the converter is at its end
_WELD_MA = const(500)  # OpenEVCharger's threshold; cars discharge about 1 A in the first second
WELD_MS = 3_000
_WARN_PERCENT = const(105)
_STOP_PERCENT = const(110)
_HARD_PERCENT = const(120)
_OVERLOAD_PERCENT = const(150)
_MARGIN_MA = const(500)  # EVerest: (offer + 0.5 A) * 1.10
PEN_MV = (207_000, 253_000)  # BS 7671 722.411.4.1(iv)
_BETWEEN_GRIDS_CHZ = const(5_500)  # above it the grid is one of 60 Hz
_FRESH_MS = const(1_000)
CRASHES = 5
# such a car is opened under load each time: Tesla allows 3 retries
_NO_S2_INTERRUPTIONS = const(3)


def is_short(k):
    return k.pilot.letter == pilot.E


def is_negative(k):
    return k.pilot.letter == pilot.F and k.duty.bp


def is_undecided(k):
    return k.pilot.undecided_ms >= UNDECIDED_MS and k.duty.bp


def is_oscillator_wrong(k):
    """Stuck low, stuck high, or running at a duty that nobody commanded."""
    if is_negative(k):
        return True
    if k.duty.bp == NEGATIVE_BP or k.duty.since_ms < _TURNING_MS or k.pilot.letter >= pilot.E:
        return False
    return (k.pilot.flat and k.duty.is_pwm()) or is_duty_wrong(k)


def is_duty_wrong(k):
    return not -_DUTY_TOLERANCE_BP <= k.inputs.pilot_duty_bp - k.duty.bp <= _DUTY_TOLERANCE_BP


def is_rail_wrong(k):
    if k.duty.bp == NEGATIVE_BP or k.duty.since_ms < _TURNING_MS:
        return False
    if k.duty.is_pwm():
        low_mv = k.inputs.pilot_low_mv
        return low_mv < LOW_RAIL_MV[0] or LOW_RAIL_MV[1] < low_mv <= pilot.DIODE_MV
    return k.pilot.letter == pilot.A and not RAIL_MV[0] <= k.inputs.pilot_high_mv <= RAIL_MV[1]


def is_blind(k):
    """A converter may read our own -12 V as its very end, without any noise."""
    if k.duty.bp == NEGATIVE_BP:
        return False
    return not k.inputs.pilot_spread_uv or not -_BLIND_MV < k.inputs.pilot_high_mv < _BLIND_MV


def is_diode_lost(k):
    return k.pilot.diode_lost and not k.pilot.flat


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
    if k.closing:
        return False
    return (k.settings.has_feedback and k.inputs.contactor_closed) or is_drawing_open(k)


def is_drawing_open(k):
    return k.inputs.meter_valid and k.open_ms > WELD_MS and k.highest_ma > _WELD_MA


def is_stuck_open(k):
    return is_unconfirmed(k) and k.highest_ma <= _WELD_MA


def is_feedback_wrong(k):
    return is_unconfirmed(k) and k.highest_ma > _WELD_MA


def is_unconfirmed(k):
    return k.settings.has_feedback and k.closing and not k.inputs.contactor_closed


def is_earth_lost(k):
    return not k.inputs.earth_ok


def is_drawing_more(k, percent, margin_ma):
    allowed_ma = k.duty.allowed_da * 100 + margin_ma
    return k.closing and k.highest_ma > allowed_ma * percent // 100


def is_above_offer(k):
    return is_drawing_more(k, _WARN_PERCENT, 0)


def is_over_current(k):
    return is_drawing_more(k, _STOP_PERCENT, _MARGIN_MA)


def is_far_over_current(k):
    return is_drawing_more(k, _HARD_PERCENT, 0)


def is_overloaded(k):
    return k.rating_da != NO_LIMIT and k.highest_ma > k.rating_da * _OVERLOAD_PERCENT


def is_voltage_high(k):
    return k.mains.highest_mv > k.settings.over_voltage_mv


def is_voltage_low(k):
    if not k.inputs.meter_valid:
        return False
    if not k.mains.seen:
        return k.mains.weak
    return not k.mains.lost and k.mains.lowest_mv < k.settings.under_voltage_mv


def is_frequency_wrong(k):
    chz = k.inputs.frequency_chz
    if chz > _BETWEEN_GRIDS_CHZ:
        chz -= 1_000
    return chz and not k.settings.low_chz <= chz <= k.settings.high_chz


def is_pen_open(k):
    """Who cannot see the mains cannot see the neutral go either: there it charges no car."""
    if not k.settings.open_pen:
        return False
    if not k.inputs.meter_valid:
        return True
    return k.mains.seen and not PEN_MV[0] <= k.mains.lowest_mv <= k.mains.highest_mv <= PEN_MV[1]


def is_phase_lost(k):
    return k.inputs.meter_valid and k.mains.lost  # of an invalid meter, 0 V is not a measurement


def is_hot(k):
    return k.inputs.temperature_dc >= (COOL_DC if k.protection.has(HOT) else STOP_DC)


def is_thermometer_broken(k):
    return is_implausible(k.inputs.temperature_dc)


def is_cycled(k):
    return k.session.number and k.session.interruptions >= most_interruptions(k)


def most_interruptions(k):
    """Return how often this class of car may be interrupted in a plug-in."""
    return _NO_S2_INTERRUPTIONS if k.session.from_request else k.settings.most_interruptions


def is_restarted(k):
    return k.crashes and k.booted_ms < _FRESH_MS


def is_crashing(k):
    return k.crashes >= CRASHES


def is_broken(k):
    return k.stage_failed


CAR, LATCH, GRID = (GONE, _RETRY_MS, TRIES), (UNPLUG, 0, 0), (GONE, _RETRY_MS, ENDLESS)
PERSON, PASSING = (RESET, 0, 0), (GONE, _MINUTE_MS, ENDLESS)
# code, check, may last ms, action, (ends, wait ms, tries); fault_texts.py says it to people
FAULTS = (
    ("pilot_short", is_short, 0, OPEN, CAR),
    ("pilot_undecided", is_undecided, 0, OPEN, CAR),
    ("oscillator", is_oscillator_wrong, _READ_BACK_MS, OPEN, CAR),
    ("supply_rail", is_rail_wrong, 1_000, STOP, GRID),
    ("pilot_input", is_blind, 1_000, OPEN, GRID),
    ("diode_lost", is_diode_lost, 0, OPEN, CAR),
    ("cable_undefined", is_cable_undefined, CABLE_MS, OPEN, LATCH),
    ("cable_lost", is_cable_lost, 0, OPEN, LATCH),
    ("residual_dc", is_leaking_dc, _RESIDUAL_MS, OPEN, LATCH),
    ("residual_ac", is_leaking_ac, _RESIDUAL_MS, OPEN, LATCH),
    ("residual_test", is_monitor_dead, 0, OPEN, LATCH),
    ("welded", is_welded, _CONTACTOR_MS, OPEN, PERSON),
    ("stuck_open", is_stuck_open, _CONTACTOR_MS, OPEN, LATCH),
    ("feedback_wrong", is_feedback_wrong, _FEEDBACK_MS, OPEN, LATCH),
    ("earth_lost", is_earth_lost, _EARTH_MS, OPEN, CAR),
    ("above_offer", is_above_offer, 30_000, NOTE, PASSING),
    ("over_current", is_over_current, 7_000, STOP, CAR),
    ("over_current_hard", is_far_over_current, 5_000, OPEN, LATCH),
    ("overload", is_overloaded, 500, OPEN, LATCH),
    ("over_voltage", is_voltage_high, 2_000, OPEN, GRID),
    ("under_voltage", is_voltage_low, 3_000, STOP, GRID),
    ("frequency", is_frequency_wrong, 2_000, STOP, GRID),
    ("open_pen", is_pen_open, 4_000, OPEN, GRID),
    ("phase_lost", is_phase_lost, 1_000, STOP, GRID),
    ("hot", is_hot, 1_000, STOP, GRID),
    ("thermometer", is_thermometer_broken, 1_000, NOTE, PASSING),
    ("cycled", is_cycled, 0, STOP, LATCH),
    ("restarted", is_restarted, 0, STOP, GRID),
    ("crash_loop", is_crashing, 0, SHUT_DOWN, PERSON),
    ("stage_failed", is_broken, 0, SHUT_DOWN, PERSON),
)
NAME, CHECK, LASTS, ACTION, ENDING = range(5)
ENDS, WAIT, MOST = range(3)
CODES = tuple(row[NAME] for row in FAULTS)
RESIDUAL_DC, RESIDUAL_AC = CODES.index("residual_dc"), CODES.index("residual_ac")
HOT, WELDED = CODES.index("hot"), CODES.index("welded")
THERMOMETER = CODES.index("thermometer")
STAGE_FAILED = CODES.index("stage_failed")
# bits of the rows that stop a charge and do not pass by themselves however often
LASTING = sum(
    1 << k
    for k in range(len(FAULTS))
    if FAULTS[k][ACTION] != NOTE and FAULTS[k][ENDING] not in (GRID, PASSING)
)


def codes(bits: int) -> list:
    """Return the names of the rows whose bits are set."""
    return [FAULTS[row][NAME] for row in range(len(FAULTS)) if bits >> row & 1]
