"""The input signals of a scenario: what each may be. One table; see also `box scenario --help`."""

import json
import re

from plant.ev_models import MODELS, find

__all__ = ["MODELS", "SIGNALS", "check", "find"]

NAME = re.compile(r"[A-Za-z0-9_\-/]+")
# a number to both interpreters; float() alone takes more, and not both take the same
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def plain(text: str) -> float:
    """Return the number, or nan if text is none; nan is outside of every range."""
    return float(text) if PLAIN.fullmatch(text.strip()) else float("nan")


def number(low, high, what):
    def check(text):
        if not low <= plain(text) <= high:
            raise ValueError("%r is not %s from %g to %g" % (text, what, low, high))

    return check


def number_or(word, low, high, what):
    inside = number(low, high, what)

    def check(text):
        if text != word:
            try:
                inside(text)
            except ValueError as wrong:
                raise ValueError("%s, nor '%s'" % (wrong, word)) from None

    return check


def phases(low, high, what):
    inside = number(low, high, what)

    def check(text):
        parts = text.split("/")
        if len(parts) not in (1, 3):
            raise ValueError("%r is not one number or three with / between" % text)
        for part in parts:
            inside(part)

    return check


def one_of(*words):
    def check(text):
        if text not in words:
            raise ValueError("%r is not one of %s" % (text, ", ".join(words)))

    return check


def no_constant(text):
    raise ValueError("%s is not JSON, though Python reads it" % text)


def as_json(text):
    try:
        json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise ValueError("%r is not JSON" % text) from None


SWITCH = one_of("0", "1")
SIGNALS = {
    "ev.cp_ohm": number_or("open", 0, 1_000_000, "ohms"),
    "ev.diode": SWITCH,
    "ev.current_a": phases(0, 200, "amperes"),
    "ev.follow": SWITCH,
    "ev.power_factor": number(0, 1, "a power factor"),
    "ev.model": find,
    "cp.high_v": number_or("auto", -15, 15, "volts"),
    "cp.low_v": number_or("auto", -15, 15, "volts"),
    "cp.oscillator_permille": number_or("auto", 0, 1_000, "permille"),
    "cp.adc_v": number_or("auto", 0, 3.3, "volts"),
    "adc.read_us": number(10, 200, "microseconds"),
    "cp.rail_v": number(5, 15, "volts"),
    "box.reset": one_of("1"),
    "box.busy": SWITCH,
    "box.flood": number(0, 10_000, "records"),
    "box.stall_ms": number(0, 10_000, "milliseconds"),
    "box.fault": one_of("none", "hang", "raise", "panic"),
    "cp.noise_v": number(0, 5, "volts"),
    "cp.spike_ppm": number(0, 999_999, "parts per million"),
    "pp.ohm": number_or("open", 0, 1_000_000, "ohms"),
    "mains.v": phases(0, 400, "volts"),
    "mains.hz": number(40, 70, "hertz"),
    "rcm.dc_ma": number(0, 1_000, "milliamperes"),
    "rcm.ac_ma": number(0, 1_000, "milliamperes"),
    "rcm.dead": SWITCH,
    "meter.fault": one_of("none", "silent", "corrupt"),
    "contactor.fault": one_of("none", "welded", "stuck_open", "no_feedback"),
    "temp.c": number(-40, 125, "degrees Celsius"),
    "pe.ok": SWITCH,
    "button": SWITCH,
    "link.broker": one_of("up", "down", "silent"),
    "power": SWITCH,
}
FAMILIES = {
    "limit": number_or("none", 0, 1_000, "amperes"),
    "cmd": as_json,
}


def check(signal: str, value: str):
    """Raise ValueError with one sentence if value is nothing for this signal."""
    family, _, name = signal.partition(".")
    rule = SIGNALS.get(signal) or (FAMILIES.get(family) if NAME.fullmatch(name) else None)
    if rule is None:
        known = [*SIGNALS, "limit.NAME", "cmd.NAME"]
        raise ValueError("no such signal, known: %s" % ", ".join(known))
    rule(value)
