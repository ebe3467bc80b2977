"""What Home Assistant is told about the box, one small message an entity.

Discovery by component topics, which every version understands; one message for a whole device
came with 2024.12 only. Names are Home Assistant's own abbreviations. Loaded only while it is told.
"""

import json

from version import VERSION

PREFIX = "homeassistant"
SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
LIFETIME_S = 86_400  # of a current set there: nobody repeats it
DIAGNOSTIC, CONFIG = "diagnostic", "config"
PRESS = "null"  # payload of a button


def messages(config, board, has_lock):
    """Yield (topic, payload) of every entity. board: name of the board."""
    box_id = config["box_id"]
    node = "".join(c if c in SAFE else "_" for c in box_id)
    device = {"ids": ["wallbox_" + box_id], "name": "Wallbox " + box_id, "mf": "wallbox"}
    device["mdl"] = board
    device["sw"] = VERSION
    for component, key, name, fields in entities(config["installer_limit_a"], has_lock):
        message = {
            "~": "wallbox/" + box_id,
            "avty_t": "~/availability",
            "uniq_id": "wallbox_%s_%s" % (box_id, key),
            "name": name,
            "dev": device,
        }
        message.update(fields)
        topic = "%s/%s/%s/%s/config" % (PREFIX, component, node, key)
        yield topic, json.dumps(message)


def entities(limit_a, has_lock):
    """Yield (component, key, name, fields)."""
    yield "sensor", "state", "State", plain("state", ic="mdi:ev-station")
    yield "sensor", "power", "Power", measured("power", "W", "power")
    yield "sensor", "energy", "Energy", counted("energy")
    yield "sensor", "session_energy", "Session energy", counted("session_energy")
    for phase in "123":
        yield (
            "sensor",
            "current_" + phase,
            "Current L" + phase,
            measured("current_" + phase, "A", "current"),
        )
        yield (
            "sensor",
            "voltage_" + phase,
            "Voltage L" + phase,
            measured("voltage_" + phase, "V", "voltage"),
        )
    yield (
        "sensor",
        "temperature",
        "Temperature",
        measured("temperature", "\u00b0C", "temperature", DIAGNOSTIC),
    )
    yield (
        "sensor",
        "signal",
        "Signal strength",
        measured("signal", "dBm", "signal_strength", DIAGNOSTIC),
    )
    yield "sensor", "reason", "Limited by", plain("reason", ent_cat=DIAGNOSTIC)
    yield "sensor", "faults", "Faults", plain("faults", ent_cat=DIAGNOSTIC)
    yield "sensor", "pilot", "Pilot", plain("status", ent_cat=DIAGNOSTIC)
    yield "binary_sensor", "plugged", "Car", binary("plugged", "plug")
    yield "binary_sensor", "charging", "Charging", binary("charging", "battery_charging")
    problem = plain("faults", dev_cla="problem", pl_on="problem", pl_off="none")
    problem["val_tpl"] = "{{ 'none' if value == 'none' else 'problem' }}"
    yield "binary_sensor", "problem", "Problem", problem
    yield "number", "offered_current", "Offered current", offered(limit_a)
    enable = plain("enabled", cmd_t="~/command/enable", ic="mdi:power")
    enable["pl_on"] = enable["stat_on"] = "true"
    enable["pl_off"] = enable["stat_off"] = "false"
    yield "switch", "enable", "Enable", enable
    yield "button", "identify", "Identify", button("identify", "identify", DIAGNOSTIC)
    yield "button", "restart", "Restart", button("restart", "restart", CONFIG)
    yield "button", "reset_faults", "Reset faults", button("reset_faults", "", CONFIG)
    yield "button", "selftest", "Self-test", button("selftest", "", DIAGNOSTIC)
    if has_lock:
        yield "button", "unlock", "Unlock plug", button("unlock", "", "")
    update = {"stat_t": "~/update", "dev_cla": "firmware", "ent_cat": DIAGNOSTIC}
    yield "update", "firmware", "Firmware", update
    yield "sensor", "worst_tick", "Worst tick", told("worst_tick_ms", "ms", "duration")
    yield "sensor", "heap_free", "Heap free", told("heap_free", "B", "data_size")
    yield "sensor", "cycles", "Contactor cycles", told("contactor_cycles", "", "")


def plain(name, **fields):
    fields["stat_t"] = "~/plain/" + name
    return fields


def measured(name, unit, kind, category=""):
    fields = plain(name, unit_of_meas=unit, dev_cla=kind, stat_cla="measurement")
    if category:
        fields["ent_cat"] = category
    return fields


def counted(name):
    """For the energy dashboard, which takes a fall for a new beginning."""
    return plain(name, unit_of_meas="kWh", dev_cla="energy", stat_cla="total_increasing")


def binary(name, kind):
    return plain(name, dev_cla=kind, pl_on="true", pl_off="false")


def offered(limit_a):
    """0 stops; the box refuses what lies between 0 and 6 A."""
    fields = plain("offered_current", unit_of_meas="A", dev_cla="current", min=0, max=limit_a)
    fields["step"] = 1
    fields["cmd_t"] = "~/command/limit"
    fields["cmd_tpl"] = '{"a": {{ value }}, "lifetime_s": %d}' % LIFETIME_S
    return fields


def button(command, kind, category):
    fields = {"cmd_t": "~/command/" + command, "pl_prs": PRESS}
    if kind:
        fields["dev_cla"] = kind
    if category:
        fields["ent_cat"] = category
    return fields


def told(name, unit, kind):
    """A field of telemetry."""
    fields = {"stat_t": "~/telemetry", "val_tpl": "{{ value_json.%s }}" % name}
    fields["ent_cat"] = DIAGNOSTIC
    fields["stat_cla"] = "measurement" if unit else "total_increasing"
    if unit:
        fields["unit_of_meas"] = unit
        fields["dev_cla"] = kind
    return fields
