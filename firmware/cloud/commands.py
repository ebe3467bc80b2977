"""What the cloud or the owner may ask: one table. A remote party can stop or limit, never more.

A payload is a JSON value, or {"id": ..., "value": ...} to find the reply again. Whatever is wrong
with it is answered with one sentence and changes nothing.
"""

import json

from state.records import NO_LIMIT

LIFETIME_S = 120  # evcc repeats its setpoints about every 30 s
LONGEST_S = 86_400
HIGHEST_A = 80
LOWEST_A = 6
LONGEST_DUMP = 100
SHOWN = 40  # characters of a refused value that its sentence repeats


def enable(requests, value):
    if not isinstance(value, bool):
        raise ValueError("enable: %s is not true or false" % _shown(value))
    requests.enabled = 1 if value else 0


def limit(requests, value):
    """10, or {"a": 10, "lifetime_s": 60}; 0 stops, null takes the limit away."""
    lifetime_s = LIFETIME_S
    if isinstance(value, dict):
        for key in value:
            if key not in ("a", "lifetime_s"):
                raise ValueError("limit.%s: unknown, known: a, lifetime_s" % key)
        lifetime_s = value.get("lifetime_s", LIFETIME_S)
        if "a" not in value:
            raise ValueError("limit.a: missing")
        value = value["a"]
    _check_number("limit.lifetime_s", lifetime_s, 1, LONGEST_S)
    if value is None:
        requests.limit_remotely(NO_LIMIT, 0)
        return
    if value != 0:
        _check_number("limit.a", value, LOWEST_A, HIGHEST_A)
    elif isinstance(value, bool):
        raise ValueError("limit.a: False is not a number")
    requests.limit_remotely(int(value * 10), int(lifetime_s * 1_000))


def reset_faults(requests, value):
    requests.reset_faults()


def read_blackbox(requests, value):
    """One line of the dump: 0 is its head. The reply says how many there are."""
    _check_number("blackbox/read", value, 0, LONGEST_DUMP)
    parts = -1
    wanted = None
    for parts, line in enumerate(requests.blackbox.lines()):
        if parts == value:
            wanted = line
    if wanted is None:
        raise ValueError("blackbox/read: %s is not from 0 to %d" % (value, parts))
    return {"part": value, "parts": parts + 1, "line": wanted}


def _update(verb):
    """update/service.py has the values' fields."""

    def ask(requests, value):
        if requests.updates is None:
            raise ValueError("update/%s: not on this box" % verb)
        return requests.updates.ask(verb, value)

    return ask


# name: (what it does, what it takes, what it is for)
COMMANDS = {
    "enable": (enable, "true or false", "allow or stop charging"),
    "limit": (limit, "amperes, or a and lifetime_s", "offer at most this for so long"),
    "blackbox/read": (read_blackbox, "a line's number from 0", "what led to the last fault"),
    "reset_faults": (reset_faults, "anything", "clear latched faults whose cause is gone"),
    "update/begin": (_update("begin"), "version, size, sha256", "a bundle is to come, or goes on"),
    "update/piece": (_update("piece"), "at, crc32, base64", "the next bytes of it"),
    "update/install": (_update("install"), "null or now", "install it when no car is connected"),
    "update/status": (_update("status"), "anything", "how far it is"),
    "update/key": (_update("key"), "key, by_old, by_new", "the fleet's next key"),
}


def _check_number(place, value, lowest, highest):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("%s: %s is not a number" % (place, _shown(value)))
    if not lowest <= value <= highest:
        raise ValueError("%s: %s is not from %d to %d" % (place, value, lowest, highest))


def _shown(value):
    """Return a value for a sentence: short, and without following it into its depth."""
    if value and isinstance(value, (dict, list)):
        return "a " + type(value).__name__
    return repr(value)[:SHOWN]


def answer(requests, name: str, payload: bytes, retained: bool) -> str:
    """Carry out one command. Return the reply's JSON."""
    identity = None
    try:
        if retained:
            raise ValueError("%s: retained commands are refused" % name)
        if name not in COMMANDS:
            raise ValueError("%s: unknown, known: %s" % (name, ", ".join(sorted(COMMANDS))))
        value = _parse(name, payload)
        if isinstance(value, dict) and "id" in value:
            identity = _checked_id(name, value.pop("id"))
            value = value.pop("value") if "value" in value else value
        told = COMMANDS[name][0](requests, value)
        why = ""
    except ValueError as wrong:
        told, why = None, str(wrong)
    reply = {"id": identity, "command": name, "ok": not why, "reason": why}
    if told is not None:
        reply["value"] = told
    return json.dumps(reply)


def _checked_id(name, identity):
    if isinstance(identity, (dict, list)):
        raise ValueError("%s.id: %s is not a text or a number" % (name, _shown(identity)))
    return identity


def _parse(name, payload):
    if not payload and name != "limit":  # who clears a retained limit sends an empty one
        return None
    try:
        return json.loads(payload)
    except (ValueError, UnicodeError):
        raise ValueError("%s: the payload is not JSON" % name)
