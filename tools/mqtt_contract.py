"""The MQTT contract, written down from the firmware's tables: what gen_docs makes into
docs/mqtt.asyncapi.yaml (AsyncAPI 2.6) and docs/mqtt.md, and what every test is held against.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tools/sim/cpython")]
from version import VERSION  # noqa: E402
from wall_clock import QUALITIES  # noqa: E402

from cloud.commands import COMMANDS  # noqa: E402
from cloud.plain import PLAIN, SIGNAL  # noqa: E402
from state import charging, events, faults, pilot  # noqa: E402
from state.session import CAUSES  # noqa: E402

BASE = "wallbox/{box_id}/"
BOOL, TEXT, ANY = {"type": "boolean"}, {"type": "string"}, {}
COUNT = {"type": "integer", "minimum": 0}
NUMBER = {"type": "number"}
SECONDS = {"type": ["integer", "null"], "minimum": 0}
PERCENT = {"type": ["integer", "null"], "minimum": 0, "maximum": 100}
AMPERE = {"type": "number", "minimum": 0, "maximum": 80}


def one_of(*values):
    return {"enum": list(dict.fromkeys(values))}


def several(items, least=0, most=None):
    schema = {"type": "array", "items": items, "minItems": least}
    return schema if most is None else schema | {"maxItems": most}


def record(fields, optional=()):
    """An object with these fields and no others."""
    needed = [name for name in fields if name not in optional]
    schema = {"type": "object", "additionalProperties": False, "required": needed}
    return schema | {"properties": dict(fields)}


FACTOR = {"type": ["number", "null"]}  # null where no current flows
PHASES = several(NUMBER, 3, 3)
WHOLE_PHASES = several(COUNT, 3, 3)
FAULT = one_of(*faults.CODES)
STATE_NAME = one_of(*charging.NAMES)
RULE = one_of(*charging.SEQUENCES)
WHY = one_of(*[charging.why(rule) for rule in range(len(charging.SEQUENCES))])

STATE = record(
    {
        "cp": one_of(*pilot.LETTERS),
        "iec": STATE_NAME,
        "charging": BOOL,
        "offer_a": AMPERE,
        "offer_reason": TEXT,
        "enabled": BOOL,
        "faults": several(FAULT),
        "session": COUNT,
        "lock": BOOL,
        "cable_a": AMPERE,
    }
)
TELEMETRY = record(
    {
        "uptime_ms": COUNT,
        "current_a": PHASES,
        "voltage_v": PHASES,
        "power_w": NUMBER,
        "power_factor": several(FACTOR, 3, 3),
        "meter_valid": BOOL,
        "energy_wh": COUNT,
        "session_wh": COUNT,
        "session_s": COUNT,
        "duty_percent": {"type": "number", "minimum": 0, "maximum": 100},
        "pilot_high_v": NUMBER,
        "pilot_low_v": NUMBER,
        "temperature_c": NUMBER,
        "contactor_cycles": COUNT,
        "worst_tick_ms": COUNT,
        "heap_free": COUNT,
    }
)
OF_UPDATE = {"version": {"type": ["string", "null"]}, "why": TEXT}
EVENTS = {  # what each event carries besides event, seq, time_s and, of the core's, at_ms
    "state": {"from": STATE_NAME, "to": STATE_NAME, "rule": RULE, "why": WHY},
    "contactor": {"closed": BOOL, "rule": RULE, "why": WHY, "pilot_high_mv": {"type": "integer"}}
    | {"pilot_low_mv": {"type": "integer"}, "cause_ms": COUNT},
    "fault": {"fault": FAULT, "text": TEXT, "advice": TEXT},
    "fault_cleared": {"fault": FAULT, "text": TEXT, "advice": TEXT},
    "offer": {"offer_a": AMPERE, "reason": TEXT},
    "session_started": {"session": COUNT},
    "session_ended": {"session": COUNT, "energy_wh": COUNT, "seconds": COUNT}
    | {"cause": one_of(*CAUSES), "closings": COUNT},
    "wake": {"signal": COUNT},
    "config_refused": {"text": TEXT},
    "storage": {"text": TEXT},
    "meter_uncalibrated": {"text": TEXT},
    "service_failed": {"service": TEXT, "text": TEXT},
    "restarted": {"cause": TEXT, "crashes": COUNT, "why": TEXT, "left_out": several(TEXT)},
    "memory": {"text": TEXT},
    "meter_key": {"key": TEXT},
    "meter_signed": {"session": COUNT, "ocmf": TEXT},
    "update_installed": OF_UPDATE,
    "update_failed": OF_UPDATE,
    "update_refused": OF_UPDATE,
}
SESSION = record(
    {
        "session": COUNT,
        "start_s": SECONDS,
        "start_clock": one_of(*QUALITIES),
        "authorised_by": TEXT,
        "meter_wh": several(COUNT, 2, 2),
        "seq": COUNT,
        "end_s": SECONDS,
        "clock": one_of(*QUALITIES),
        "start_cause": TEXT,
        "end_cause": one_of(*CAUSES),
        "energy_wh": COUNT,
        "phase_wh": WHOLE_PHASES,
        "seconds": COUNT,
        "charging_s": COUNT,
        "peak_a": NUMBER,
        "mean_a": NUMBER,
        "limits_s": {"type": "object", "additionalProperties": COUNT},
        "faults": several(FAULT),
        "interruptions": COUNT,
        "restarts": COUNT,
        "closings": COUNT,
        "ocmf": TEXT,
        "key": TEXT,
    },
    ("ocmf", "key"),
)
UPDATE = record(
    {
        "installed_version": TEXT,
        "latest_version": {"type": ["string", "null"]},
        "in_progress": BOOL,
        "update_percentage": PERCENT,
        "phase": TEXT,
        "why": TEXT,
    },
    ("in_progress", "update_percentage", "phase", "why"),
)
IDENTITY = {"type": ["string", "integer", "null"], "maxLength": 64}
REPLY = record(
    {"id": IDENTITY, "command": TEXT, "ok": BOOL, "reason": TEXT, "value": ANY}, ("value",)
)
LIFETIME = {"type": "integer", "minimum": 1, "maximum": 86_400}
CURRENT = {"anyOf": [{"const": 0}, {"type": "number", "minimum": 6, "maximum": 80}]}
CURRENT["anyOf"].append({"type": "null"})
TAKES = {  # the value of each command that has a shape; the others take anything
    "enable": BOOL,
    "pause": {"type": ["integer", "null"], "minimum": 0, "maximum": 86_400},
    "limit": {"anyOf": [CURRENT, record({"a": CURRENT, "lifetime_s": LIFETIME}, ["lifetime_s"])]},
    "schedule": {"type": "string", "maxLength": 250},
    "authorize": {
        "anyOf": [{"type": "string", "minLength": 1, "maxLength": 32}, {"const": False}]
    },
    "config/get": {"type": ["string", "null"]},
    "config/set": {"type": "object", "minProperties": 1},
    "journal/read": {
        "anyOf": [{"type": "null"}, record({"before": COUNT, "count": COUNT}, ["before", "count"])]
    },
    "blackbox/read": COUNT,
    "update/begin": record(
        {
            "version": TEXT,
            "size": COUNT,
            "sha256": TEXT,
            "url": {"type": "string", "maxLength": 250},
        },
        ["url"],
    ),
    "update/piece": record({"at": COUNT, "crc32": COUNT, "base64": TEXT}),
    "update/key": record({"key": TEXT, "by_old": TEXT, "by_new": TEXT}),
}


def event(name, fields):
    common = {"event": {"const": name}, "seq": COUNT, "time_s": SECONDS, "at_ms": COUNT}
    own = () if name in events.NAMES else ("at_ms",)
    # a start may tell of a session that the last run did not tell of: without the core's time
    retold = ("at_ms",) if name in ("session_started", "session_ended") else own
    return record(common | fields, retold)


def event_schema():
    return {"oneOf": [event(name, fields) for name, fields in EVENTS.items()]}


def command_schema(name):
    """A bare value, or an envelope; of an object's fields the envelope may also be made."""
    value = TAKES.get(name, ANY)
    envelope = {"type": "object", "required": ["value"], "additionalProperties": False}
    envelope["properties"] = {"id": IDENTITY, "expires_s": {"type": "integer"}, "value": value}
    shapes = [value, envelope]
    for shape in value.get("anyOf", [value]):
        if shape.get("type") == "object" and "properties" in shape:
            more = shape["properties"] | {"id": IDENTITY, "expires_s": {"type": "integer"}}
            shapes.append(shape | {"properties": more})
    return {"anyOf": shapes} if value else {}


# topic below BASE: (what, QoS, retained, schema)
SAID = {
    "state": ("What the box does now; on change, at most once a second.", 0, True, STATE),
    "telemetry": ("Measurements, every telemetry_s.", 0, False, TELEMETRY),
    "event": ("What happened, in order; seq has no gaps.", 1, False, event_schema()),
    "session": ("The final record of a session.", 1, False, SESSION),
    "reply": ("The answer to a command.", 0, False, REPLY),
    "update": ("Versions, in Home Assistant's words.", 0, True, UPDATE),
    "availability": (
        "Whether the box is there; offline is its last will.",
        1,
        True,
        one_of("online", "offline"),
    ),
}
NUMERAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
NUMERALS = {"type": "string", "pattern": r"^\[-?[0-9]+\.[0-9](,-?[0-9]+\.[0-9]){2}\]$"}
NUMERALS["examples"] = ["[16.0,15.9,16.0]"]
MEANT = {
    "status": "evcc's letter: C charges, B is connected and does not.",
    "state": "The same for people.",
    "enabled": "The owner's switch: command/enable.",
    "plugged": "Whether a car is connected.",
    "charging": "Whether the contactor is closed.",
    "reason": "The name of the limit that set the offered current.",
    "faults": "Codes joined by +, or none.",
    "imported": "Energy for openWB, Wh.",
    "currents": "The three currents as a list for openWB, A.",
    "phases_in_use": "How many phases carry at least 1 A.",
}
WORDS = {
    "status": one_of("A", "B", "C", "E", "F"),
    "state": one_of("idle", "connected", "charging", "faulty"),
    "enabled": one_of("true", "false"),
    "plugged": one_of("true", "false"),
    "charging": one_of("true", "false"),
    "reason": TEXT,
    "faults": TEXT,
    "imported": {"type": "string", "pattern": "^[0-9]+$"},
    "currents": NUMERALS,
    "phases_in_use": one_of("0", "1", "2", "3"),
}


def said():
    """Return SAID with the plain topics: {suffix: (what, qos, retained, schema)}."""
    whole = dict(SAID)
    rows = [(name, unit) for name, _, _, unit in PLAIN] + [(SIGNAL, "dBm")]
    for name, unit in rows:
        what = MEANT.get(name) or "%s, %s." % (name.replace("_", " ").capitalize(), unit)
        whole["plain/" + name] = (what, 0, True, WORDS.get(name, NUMERAL))
    return whole


def words(name):
    """Return what a command is for and what it takes, of its docstring."""
    text, takes = COMMANDS[name].__doc__.split("\n")[0].removesuffix(".").split(". Takes ")
    return text[0].lower() + text[1:], takes


def is_json(suffix):
    return suffix != "availability" and not suffix.startswith("plain/")


def channels():
    found = {}
    parameters = {"box_id": {"description": "The config's box_id.", "schema": TEXT}}
    for suffix, (what, qos, retained, schema) in said().items():
        kind = "application/json" if is_json(suffix) else "text/plain"
        message = {"contentType": kind, "payload": schema}
        operation = {"message": message, "bindings": {"mqtt": {"qos": qos, "retain": retained}}}
        found[BASE + suffix] = {"description": what, "parameters": parameters}
        found[BASE + suffix]["subscribe"] = operation
    for name, ask in sorted(COMMANDS.items()):
        what = ask.__doc__.split("\n")[0]
        message = {"contentType": "application/json", "payload": command_schema(name)}
        operation = {"message": message, "bindings": {"mqtt": {"qos": 1, "retain": False}}}
        found[BASE + "command/" + name] = {"description": what, "parameters": parameters}
        found[BASE + "command/" + name]["publish"] = operation
    return found


def document():
    """Return the AsyncAPI document."""
    about = "What a wallbox says and takes over MQTT 3.1.1. Written by make docs from the code."
    return {
        "asyncapi": "2.6.0",
        "info": {"title": "wallbox", "version": VERSION, "description": about},
        "defaultContentType": "application/json",
        "channels": channels(),
    }
