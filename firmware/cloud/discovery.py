"""What Home Assistant is told about the box, one small message an entity.

Discovery by component topics, which every version understands; one message for a whole device
came with 2024.12 only. Loaded only while it is told; and the entities are a text, because every
name in a table would stay in the heap for good.
"""

import json

from micropython import const
from version import VERSION

_PREFIX = const("homeassistant")
_SAFE = const("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_LIFETIME_S = const(86_400)  # of a current set there: nobody repeats it
_OFFERED = const("offered_current")
_LOCK = const("unlock")

# component|key|name, then its fields by Home Assistant's own abbreviations; energy is
# total_increasing for the energy dashboard, which takes a fall for a new beginning
ENTITIES = """\
sensor|state|State
stat_t=~/plain/state|ic=mdi:ev-station
sensor|power|Power
stat_t=~/plain/power|unit_of_meas=W|dev_cla=power|stat_cla=measurement
sensor|energy|Energy
stat_t=~/plain/energy|unit_of_meas=kWh|dev_cla=energy|stat_cla=total_increasing
sensor|session_energy|Session energy
stat_t=~/plain/session_energy|unit_of_meas=kWh|dev_cla=energy|stat_cla=total_increasing
sensor|current_1|Current L1
stat_t=~/plain/current_1|unit_of_meas=A|dev_cla=current|stat_cla=measurement
sensor|voltage_1|Voltage L1
stat_t=~/plain/voltage_1|unit_of_meas=V|dev_cla=voltage|stat_cla=measurement
sensor|current_2|Current L2
stat_t=~/plain/current_2|unit_of_meas=A|dev_cla=current|stat_cla=measurement
sensor|voltage_2|Voltage L2
stat_t=~/plain/voltage_2|unit_of_meas=V|dev_cla=voltage|stat_cla=measurement
sensor|current_3|Current L3
stat_t=~/plain/current_3|unit_of_meas=A|dev_cla=current|stat_cla=measurement
sensor|voltage_3|Voltage L3
stat_t=~/plain/voltage_3|unit_of_meas=V|dev_cla=voltage|stat_cla=measurement
sensor|temperature|Temperature
stat_t=~/plain/temperature|unit_of_meas=\u00b0C|dev_cla=temperature|stat_cla=measurement|ent_cat=diagnostic
sensor|signal|Signal strength
stat_t=~/plain/signal|unit_of_meas=dBm|dev_cla=signal_strength|stat_cla=measurement|ent_cat=diagnostic
sensor|reason|Limited by
stat_t=~/plain/reason|ent_cat=diagnostic
sensor|faults|Faults
stat_t=~/plain/faults|ent_cat=diagnostic
sensor|pilot|Pilot
stat_t=~/plain/status|ent_cat=diagnostic
binary_sensor|plugged|Car
stat_t=~/plain/plugged|dev_cla=plug|pl_on=true|pl_off=false
binary_sensor|charging|Charging
stat_t=~/plain/charging|dev_cla=battery_charging|pl_on=true|pl_off=false
binary_sensor|problem|Problem
stat_t=~/plain/faults|dev_cla=problem|pl_on=problem|pl_off=none\
|val_tpl={{ 'none' if value == 'none' else 'problem' }}
number|offered_current|Offered current
stat_t=~/plain/offered_current|unit_of_meas=A|dev_cla=current|cmd_t=~/command/limit
switch|enable|Enable
stat_t=~/plain/enabled|cmd_t=~/command/enable|ic=mdi:power\
|pl_on=true|stat_on=true|pl_off=false|stat_off=false
button|identify|Identify
cmd_t=~/command/identify|pl_prs=null|dev_cla=identify|ent_cat=diagnostic
button|restart|Restart
cmd_t=~/command/restart|pl_prs=null|dev_cla=restart|ent_cat=config
button|reset_faults|Reset faults
cmd_t=~/command/reset_faults|pl_prs=null|ent_cat=config
button|selftest|Self-test
cmd_t=~/command/selftest|pl_prs=null|ent_cat=diagnostic
button|unlock|Unlock plug
cmd_t=~/command/unlock|pl_prs=null
update|firmware|Firmware
stat_t=~/update|dev_cla=firmware|ent_cat=diagnostic
sensor|worst_tick|Worst tick
stat_t=~/telemetry|val_tpl={{ value_json.worst_tick_ms }}|ent_cat=diagnostic\
|stat_cla=measurement|unit_of_meas=ms|dev_cla=duration
sensor|heap_free|Heap free
stat_t=~/telemetry|val_tpl={{ value_json.heap_free }}|ent_cat=diagnostic\
|stat_cla=measurement|unit_of_meas=B|dev_cla=data_size
sensor|cycles|Contactor cycles
stat_t=~/telemetry|val_tpl={{ value_json.contactor_cycles }}|ent_cat=diagnostic\
|stat_cla=total_increasing
"""


def messages(config, board, has_lock):
    """Yield (topic, payload) of every entity. board: name of the board."""
    box_id = config["box_id"]
    node = "".join(c if c in _SAFE else "_" for c in box_id)
    device = {"ids": ["wallbox_" + box_id], "name": "Wallbox " + box_id, "mf": "wallbox"}
    device["mdl"] = board
    device["sw"] = VERSION
    rows = iter(ENTITIES.split("\n"))
    for head in rows:
        if not head:
            return
        component, key, name = head.split("|")
        fields = {}
        for pair in next(rows).split("|"):
            word, value = pair.split("=", 1)
            fields[word] = value
        fields["~"] = "wallbox/" + box_id
        fields["avty_t"] = "~/availability"
        fields["uniq_id"] = "wallbox_%s_%s" % (box_id, key)
        fields["name"] = name
        fields["dev"] = device
        if key == _OFFERED:
            fields.update(range_of(config["installer_limit_a"]))
        if key != _LOCK or has_lock:
            yield "%s/%s/%s/%s/config" % (_PREFIX, component, node, key), json.dumps(fields)


def range_of(limit_a):
    """0 stops; the box refuses what lies between 0 and 6 A."""
    template = '{"a": {{ value }}, "lifetime_s": %d}' % _LIFETIME_S
    return {"min": 0, "max": limit_a, "step": 1, "cmd_tpl": template}
