"""Run by build/ha's Python: validates discovery messages with Home Assistant's own schemas.

own_schemas.py FILE, one [topic, message] a line. Prints how many it took.
"""

import importlib
import json
import sys

from homeassistant.components.mqtt import abbreviations


def spelled_out(message):
    """Return a message with the long names, as Home Assistant makes it before it looks."""
    base = message.pop("~")
    whole = {abbreviations.ABBREVIATIONS.get(key, key): text for key, text in message.items()}
    device = whole["device"].items()
    short = abbreviations.DEVICE_ABBREVIATIONS
    whole["device"] = {short.get(key, key): text for key, text in device}
    for key, text in whole.items():
        if key.endswith("topic"):
            whole[key] = text.replace("~", base, 1)
    return whole


taken = 0
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        topic, message = json.loads(line)
        component = topic.split("/")[1]
        module = importlib.import_module("homeassistant.components.mqtt." + component)
        whole = spelled_out(message)
        kept = module.DISCOVERY_SCHEMA(dict(whole))
        if set(whole) - set(kept):
            sys.exit("%s: not known: %s" % (topic, set(whole) - set(kept)))
        taken += 1
print(taken)
