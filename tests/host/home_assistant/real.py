"""A real Home Assistant, a real Mosquitto and the box at real speed, on the loopback."""

import json
import subprocess
import threading
import time

import paho.mqtt.client as paho

from box import mpy

HASS = mpy.ROOT / "build" / "ha" / "bin" / "hass"
STARTS_S = 240
CONFIGURATION = """
homeassistant: {name: home, unit_system: metric, time_zone: UTC}
http: {server_host: 127.0.0.1, server_port: %(http)d}
mqtt:
mqtt_statestream:
  base_topic: ha
  include: {entity_globs: ["*wallbox*"]}
logger: {default: warning}
automation:
  - alias: current
    trigger: {platform: mqtt, topic: test/current}
    action:
      service: number.set_value
      target: {entity_id: number.wallbox_box_offered_current}
      data: {value: "{{ trigger.payload | float }}"}
  - alias: enable
    trigger: {platform: mqtt, topic: test/enable}
    action:
      service: "switch.turn_{{ trigger.payload }}"
      target: {entity_id: switch.wallbox_box_enable}
  - alias: press
    trigger: {platform: mqtt, topic: test/press}
    action:
      service: button.press
      target: {entity_id: "{{ trigger.payload }}"}
"""
MQTT = {"discovery": True, "discovery_prefix": "homeassistant", "broker": "127.0.0.1"}
ENTRY = {"entry_id": "e1", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "mqtt"}
ENTRY |= {"options": {}, "pref_disable_new_entities": False, "pref_disable_polling": False}
ENTRY |= {"source": "user", "unique_id": None, "disabled_by": None}


class Heard:
    """Every message, with the second it came: rows of (second, topic, text)."""

    def __init__(self, port):
        self.rows = []
        self.latest = {}
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe("#", 0)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_message(self, _client, _userdata, message):
        text = message.payload.decode()
        self.rows.append((time.monotonic(), message.topic, text))
        self.latest[message.topic] = text

    def publish(self, topic, text):
        """Return the second it was sent."""
        self.client.publish(topic, text)
        return time.monotonic()

    def when(self, topic, text, since_s, within_s):
        """Return the seconds from since_s to the first message of this topic and text."""
        end_s = time.monotonic() + within_s
        while True:
            for at_s, heard_topic, heard in list(self.rows):
                if heard_topic == topic and heard == text and at_s >= since_s:
                    return at_s - since_s
            assert time.monotonic() < end_s, (topic, text, self.latest.get(topic))
            time.sleep(0.05)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def home(folder, mqtt_port, http_port):
    """Start Home Assistant with its files in folder."""
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION % {"http": http_port})
    entry = {**ENTRY, "data": {**MQTT, "port": mqtt_port}}
    entries = {"key": "core.config_entries", "version": 1, "minor_version": 1}
    entries["data"] = {"entries": [entry]}
    (storage / "core.config_entries").write_text(json.dumps(entries))
    with open(folder / "said", "w", encoding="utf-8") as said:
        return subprocess.Popen([HASS, "-c", str(folder)], stdout=said, stderr=subprocess.STDOUT)


class LiveBox:
    """The virtual box at real speed, charging a car. shown: [(second, status), ...]."""

    def __init__(self, folder, port):
        job = {"mode": "run", "ev": "niro", "speed": 1, "until_ms": 600_000, "seed": 1}
        job |= {"limited": True, "broker": {"host": "127.0.0.1", "port": port}}
        job["out"] = str(folder / "signals.csv")
        path = folder / "job.json"
        path.write_text(json.dumps(job))
        self.shown = []
        self.child = mpy.start("virtual_box.py", str(path), stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            if line.startswith("{"):
                self.shown.append((time.monotonic(), json.loads(line)))

    def when(self, question, since_s, within_s):
        """Return the seconds from since_s to the first status for which question holds."""
        end_s = time.monotonic() + within_s
        while True:
            for at_s, status in list(self.shown):
                if at_s >= since_s and question(status):
                    return at_s - since_s
            assert time.monotonic() < end_s, self.shown[-1:]
            time.sleep(0.05)

    def kill(self):
        self.child.kill()
        self.child.wait()
        return time.monotonic()
