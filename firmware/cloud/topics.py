"""What the box says, as JSON: one function a topic, units in the keys."""

import gc

from unloading import unload

from state import charging, events
from state.faults import CODES, codes
from state.pilot import LETTERS
from state.session import CAUSES


def state(snapshot, requests) -> dict:
    return {
        "cp": LETTERS[snapshot.letter],
        "iec": charging.NAMES[snapshot.state],
        "charging": bool(snapshot.contactor_closed),
        "offer_a": snapshot.offer_da / 10,
        "offer_reason": requests.name_of(snapshot.offer_slot),
        "enabled": bool(requests.enabled),
        "faults": codes(snapshot.faults),
        "session": snapshot.session_number,
        "lock": bool(snapshot.lock_shut),
        "cable_a": snapshot.cable_da / 10,
    }


def power_factors(snapshot) -> list:
    """Return by phase P / (U I), None where there is no current."""
    found = []
    for mw, mv, ma in zip(snapshot.phase_mw, snapshot.voltage_mv, snapshot.current_ma):
        seen = mw / mv * 1_000 / ma if mv and ma else None
        found.append(None if seen is None else round(max(min(seen, 1), -1), 2))
    return found


def telemetry(snapshot) -> dict:
    return {
        "uptime_ms": snapshot.uptime_ms,
        "current_a": [ma / 1_000 for ma in snapshot.current_ma],
        "voltage_v": [mv / 1_000 for mv in snapshot.voltage_mv],
        "power_w": snapshot.power_w,
        "power_factor": power_factors(snapshot),
        "meter_valid": bool(snapshot.meter_valid),
        "energy_wh": snapshot.energy_wh(),
        "session_wh": sum(snapshot.session_ws) // 3_600,
        "session_s": snapshot.session_s,
        "duty_percent": snapshot.duty_bp / 100,
        "pilot_high_v": snapshot.pilot_high_mv / 1_000,
        "pilot_low_v": snapshot.pilot_low_mv / 1_000,
        "temperature_c": snapshot.temperature_dc / 10,
        "contactor_cycles": snapshot.contactor_cycles,
        "worst_tick_ms": snapshot.worst_tick_ms,
        "heap_free": gc.mem_free(),
    }


def _state(event, requests):
    return {
        "from": charging.NAMES[event.a],
        "to": charging.NAMES[event.b],
        "rule": charging.SEQUENCES[event.c],
        "why": charging.why(event.c),
    }


def _contactor(event, requests):
    return {
        "closed": bool(event.a),
        "rule": charging.SEQUENCES[event.b],
        "why": charging.why(event.b),
        "pilot_high_mv": event.c,
        "pilot_low_mv": event.d,
        "cause_ms": event.e,
    }


def _fault(event, requests):
    code = CODES[event.a]
    cause, advice = words(code)
    return {"fault": code, "text": cause, "advice": advice}


def words(code):
    """Return (cause, advice) of a fault. A flash that cannot be read must not hide the fault."""
    try:
        from state.fault_texts import TEXTS
    except (ImportError, OSError):
        return "", ""
    unload("state.fault_texts")
    return TEXTS[code]


def _offer(event, requests):
    return {"offer_a": event.a / 10, "reason": requests.name_of(event.b)}


def _session_started(event, requests):
    return {"session": event.a}


def _session_ended(event, requests):
    return {
        "session": event.a,
        "energy_wh": event.b,
        "seconds": event.c,
        "cause": CAUSES[event.d],
        "closings": event.e,
    }


def _wake(event, requests):
    return {"signal": event.a}


# one row a code of state/events.py, in its order
DESCRIBE = (
    _state,
    _contactor,
    _fault,
    _fault,
    _offer,
    _session_started,
    _session_ended,
    _wake,
)


def describe(event, requests) -> dict:
    """Return what an event of the core's ring says, without its number."""
    told = {"event": events.NAMES[event.code], "at_ms": event.at_ms}
    told.update(DESCRIBE[event.code](event, requests))
    return told
