"""The whole box on a real broker, with a car that a test steers; see steered.py."""

import json
import queue
import re
import subprocess
import threading
import time

import paho.mqtt.client as paho

from box import mpy

STEERED = "../../tests/host/cloud/steered.py"
SPEED = 30
SAFE_A = 8


class SteeredBox:
    """Runs SPEED times as fast as real time. Use as a context."""

    def __init__(self, folder, port):
        config = {"broker_host": "127.0.0.1", "broker_port": port, "ntp_host": ""}
        config |= {"safe_current_a": SAFE_A}
        job = {"config": config, "speed": SPEED, "out": str(folder / "signals.csv")}
        path = folder / "job.json"
        path.write_text(json.dumps(job))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._child = mpy.start(STEERED, str(path), bufsize=1, **pipes)
        self._said = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.stdin.close()
        self._child.wait(20)

    def row(self, signal, value):
        self._child.stdin.write("%s %s\n" % (signal, value))

    def plug_in(self, current_a="20/20/20"):
        """A car that takes so much, by phase, or what is offered. It does not ask yet."""
        self.row("ev.follow", 1)
        self.row("ev.current_a", current_a)
        self.row("ev.cp_ohm", 2740)

    def seen(self):
        """Return what the plant sees now: duty_permille, closed, true_wh."""
        self._child.stdin.write("?\n")
        return self._said.get(timeout=20)

    def _read(self):
        for line in self._child.stdout:
            if line.startswith("{"):
                self._said.put(json.loads(line))


def await_true(question, within_s=30, what=""):
    end_s = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < end_s, what or "it never came"
        time.sleep(0.02)


def block(page, start):
    """Return the fenced block of docs/<page> whose first line begins with start."""
    text = (mpy.ROOT / "docs" / page).read_text(encoding="utf-8")
    found = [body for body in re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)]
    return next(body for body in found if body.startswith(start))


class Wire:
    """A manager's client: listen(topic, hear) and publish(topic, text, qos, retained)."""

    def __init__(self, port):
        self._hear = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.publish = self._client.publish

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def listen(self, topic, hear):
        self._hear.append((topic, hear))
        self._client.subscribe(topic, 1)

    def _on_message(self, _client, _userdata, message):
        for topic, hear in self._hear:
            if paho.topic_matches_sub(topic, message.topic):
                hear(message.payload.decode(), message.topic)
