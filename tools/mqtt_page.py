"""docs/mqtt.md: the MQTT contract for people, made from the same tables as the AsyncAPI file."""

from mqtt_contract import BASE, EVENTS, SAID, TAKES, command_schema, said, words

from cloud.answers import AT_ONCE, EACH_MS, REMEMBERED
from cloud.commands import COMMANDS, LIFETIME_S, RESETS, SETTLED_MS
from storage.config import REMOTELY

HEAD = """# MQTT

Written by `make docs` from the code; do not edit. The same for machines:
[mqtt.asyncapi.yaml](mqtt.asyncapi.yaml). AsyncAPI's own schema takes it, and every message of a
box that a test's broker or client hears is held against it.

MQTT 3.1.1, UTF-8. Everything is under `wallbox/<box_id>/`; payloads are JSON, but for
`availability` and the plain topics. Discovery for Home Assistant is under `homeassistant/`
([home_assistant.md](home_assistant.md)); evcc and openWB: [evcc.md](evcc.md).
"""
ENVELOPE = """## Commands

Publish to `command/<name>`, listen to `reply`. A payload is a bare JSON value, or an envelope:

```
wallbox/box/command/limit  {"id": "a1", "expires_s": 1800000000, "a": 10, "lifetime_s": 60}
wallbox/box/reply          {"id": "a1", "command": "limit", "ok": true, "reason": ""}
```

* **id**: a text of up to 64 characters or a whole number, which the reply repeats. The same id
  again gets the same reply and does nothing; the last %(remembered)d are remembered, until a
  restart. Readings do nothing and are answered afresh.
* **expires_s**: Unix time in whole seconds, as all times are whole. Later than that the command is
  refused; so it is while the box does not know the time (it asks its NTP server after each start),
  since it cannot judge.
* **Retained** commands are refused: they are old by nature.
* **Lifetime**: a `limit` holds for %(lifetime)d s unless it says otherwise, then the config's
  `safe_current_a` holds until the next one, after a `0` too. `null` takes the
  limit away. A `pause` ends by itself.
* **Restart and power cut**: a `limit` that was in force comes back as `safe_current_a` (`0` for
  another 120 s first) until the next one, `enable` false stays; both within
  a minute of the command at the latest.
* **Rate**: %(at_once)d at once, then one every %(each)d ms. The first one too many is told so, the
  others are dropped.
* What is wrong is told in `reason` and changes nothing.

What a command can not do, whoever sends it: exceed the installer's limit, the cable's, the
temperature's; change what belongs to the installation, a protection or the link (`config/set`
takes %(remotely)s only);
restart, unlock, test or save while the contactor is closed; unlock or forget a welded contactor;
restart while a fault that opens at once is in force, or within %(settled)d s of a start; clear
more than %(resets)d latched faults an hour.
The worst it can do is to stop charging.
"""


BELOW = ("state", "telemetry", "event", "session", "update", "reply")


def table(head, rows):
    lines = ["| %s |" % " | ".join(head), "|%s" % ("---|" * len(head))]
    return "\n".join(lines + ["| %s |" % " | ".join(row) for row in rows])


def shape(schema) -> str:
    """Return a schema in a few words."""
    if "const" in schema:
        return "`%s`" % str(schema["const"]).lower()
    if "enum" in schema:
        return ", ".join("`%s`" % value for value in schema["enum"])
    if "anyOf" in schema:
        return "; ".join(dict.fromkeys(shape(part) for part in schema["anyOf"]))
    if "examples" in schema:
        return "such as `%s`" % schema["examples"][0]
    if "pattern" in schema:
        return "a number"
    kind = schema.get("type", "anything")
    if kind == "array":
        counts = (schema["minItems"], schema.get("maxItems"))
        many = "%d of " % counts[0] if counts[0] == counts[1] else "list of "
        return many + shape(schema["items"])
    if kind == "object" and "properties" in schema:
        return "{%s}" % ", ".join(schema["properties"])
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if "minimum" in schema and "maximum" in schema:
        words += " %g to %g" % (schema["minimum"], schema["maximum"])
    return words


def fields(schema):
    needed = schema["required"]
    return table(
        ("field", "what it may be"),
        [
            ("`%s`%s" % (name, "" if name in needed else " (may be absent)"), shape(part))
            for name, part in schema["properties"].items()
        ],
    )


def messages():
    rows = []
    for suffix, (what, qos, retained, schema) in said().items():
        kept = "retained" if retained else ""
        named = "see below" if suffix in BELOW else shape(schema)
        rows.append(("`%s`" % suffix, what, "%d %s" % (qos, kept), named))
    return table(("topic", "what", "QoS", "payload"), rows)


def events():
    rows = [
        ("`%s`" % name, ", ".join("`%s`: %s" % (k, shape(v)) for k, v in own.items() if k))
        for name, own in EVENTS.items()
    ]
    lead = (
        "Each has `event`, `seq`, `time_s` (Unix, or null while unknown); the core's also `at_ms`"
    )
    return lead + " (uptime).\n\n" + table(("event", "its own fields"), rows)


def commands():
    rows = []
    for name in sorted(COMMANDS):
        text, takes = words(name)
        limits = shape(TAKES[name]) if command_schema(name) else "anything"
        rows.append(("`%s`" % name, text, takes, limits))
    return table(("command", "what for", "takes", "in full"), rows)


def text() -> str:
    """Return the page."""
    values = {"remembered": REMEMBERED, "lifetime": LIFETIME_S, "at_once": AT_ONCE}
    values |= {"each": EACH_MS, "resets": RESETS, "settled": SETTLED_MS // 1_000}
    values["remotely"] = ", ".join("`%s`" % name for name in REMOTELY)
    parts = [HEAD, "## What the box says\n\nUnder `%s`:\n" % BASE, messages()]
    for suffix in BELOW:
        if suffix == "event":
            continue
        parts.append("\n### %s\n\n%s" % (suffix, fields(SAID[suffix][3])))
    parts += ["\n### event\n", events(), "", ENVELOPE % values, commands(), ""]
    return "\n".join(parts)
