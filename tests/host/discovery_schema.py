"""What Home Assistant 2024.3.3 takes in a discovery message, as far as the box uses it.

Taken from the DISCOVERY_SCHEMA of homeassistant/components/mqtt/{sensor,binary_sensor,number,
switch,button,update}.py and abbreviations.py of that release; test_real.py and the long test
below ask the release itself.
"""

CATEGORY = {"enum": ["config", "diagnostic"]}
TEXT = {"type": "string", "minLength": 1}
TOPIC = {"type": "string", "pattern": "^[^+#\0]+$"}
CLASSES = {
    "sensor": ["power", "energy", "current", "voltage", "temperature", "signal_strength"]
    + ["duration", "data_size"],
    "binary_sensor": ["plug", "battery_charging", "problem"],
    "number": ["current"],
    "button": ["identify", "restart"],
    "update": ["firmware"],
    "switch": ["outlet", "switch"],
}
UNITS = {  # of a device class; homeassistant/components/sensor/const.py DEVICE_CLASS_UNITS
    "power": "W",
    "energy": "kWh",
    "current": "A",
    "voltage": "V",
    "temperature": "\u00b0C",
    "signal_strength": "dBm",
    "duration": "ms",
    "data_size": "B",
}
DEVICE = {
    "type": "object",
    "required": ["ids", "name"],
    "additionalProperties": False,
    "properties": {
        "ids": {"type": "array", "items": TEXT, "minItems": 1},
        "name": TEXT,
        "mf": TEXT,
        "mdl": TEXT,
        "sw": TEXT,
    },
}
COMMON = {"~": TOPIC, "avty_t": TOPIC, "uniq_id": TEXT, "name": TEXT, "dev": DEVICE}
COMMON |= {"ent_cat": CATEGORY, "ic": {"type": "string", "pattern": "^mdi:"}}
STATE = {"stat_t": TOPIC, "val_tpl": TEXT}
OWN = {
    "sensor": STATE
    | {"unit_of_meas": TEXT, "stat_cla": {"enum": ["measurement", "total_increasing"]}},
    "binary_sensor": STATE | {"pl_on": TEXT, "pl_off": TEXT},
    "number": STATE
    | {"cmd_t": TOPIC, "cmd_tpl": TEXT, "unit_of_meas": TEXT, "step": {"minimum": 0.001}}
    | {"min": {"type": "number"}, "max": {"type": "number"}},
    "switch": STATE
    | {"cmd_t": TOPIC, "pl_on": TEXT, "pl_off": TEXT, "stat_on": TEXT, "stat_off": TEXT},
    "button": {"cmd_t": TOPIC, "pl_prs": TEXT},
    "update": STATE,
}
NEEDED = {"sensor": ["stat_t"], "binary_sensor": ["stat_t"], "button": ["cmd_t"]}
NEEDED |= {"number": ["cmd_t"], "switch": ["cmd_t"], "update": ["stat_t"]}
SCHEMAS = {
    component: {
        "type": "object",
        "additionalProperties": False,
        "required": ["~", "avty_t", "uniq_id", "name", "dev", *NEEDED[component]],
        "properties": COMMON | own | {"dev_cla": {"enum": CLASSES[component]}},
    }
    for component, own in OWN.items()
}
TOPICS = r"homeassistant/([a-z_]+)/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)/config"
