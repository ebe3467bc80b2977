"""`box fleet N`: N virtual boxes against one Mosquitto, its restart, and what that costs.

Every box is a process with the whole firmware and its plant, in real time. The broker dies for
OUTAGE_S; what is told is how long after its return each box was heard again.
"""

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

import paho.mqtt.client as paho

from box import mosquitto, mpy, pki
from box.brokers import free_port

HOST = "127.0.0.1"
OUTAGE_S = 15.0
SETTLE_S = 15.0  # what a box says once, at the start of a session, is over by then
EACH_S = 1.0  # a box that starts needs about as much of one core
LATEST_S = 60.0
PLAIN = "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
HEAP = "5M"  # of firmware, plant and log together; a board's firmware wants 100 KB


class Observer:
    """Hears what the boxes say. online: box_id -> when it was last heard to come online."""

    def __init__(self, port, place: Path | None):
        self.online = {}
        self.messages = 0
        client = self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if place:
            client.tls_set(*[str(place / name) for name in ("ca.pem", "box.pem", "key.pem")])
        client.reconnect_delay_set(0.1, 0.2)
        client.on_connect = lambda *_: client.subscribe("wallbox/#", 1)
        client.on_message = self._hear
        client.connect(HOST, port)
        client.loop_start()

    def _hear(self, _client, _userdata, message):
        self.messages += 1
        _, name, kind = message.topic.split("/", 2)
        if kind == "availability" and message.payload == b"online":
            self.online.setdefault(name, time.monotonic())

    def await_all(self, count, most_s):
        end = time.monotonic() + most_s
        while len(self.online) < count and time.monotonic() < end:
            time.sleep(0.05)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


class Boxes:
    """The processes. Use as a context: all end with it."""

    def __init__(self, folder: Path, configs):
        self._folder, self._configs = folder, configs
        self._children = []

    def __enter__(self):
        for k, config in enumerate(self._configs):
            path = self._folder / ("%s.json" % config["box_id"])
            path.write_text(json.dumps({"config": config, "seed": k + 1}))
            child = mpy.start(
                "one_of_many.py", str(path), native=False, heap=HEAP, stdout=subprocess.DEVNULL
            )
            self._children.append(child)
        return self

    def __exit__(self, *_):
        for child in self._children:
            child.kill()
        for child in self._children:
            child.wait()

    def memory_kb(self) -> float:
        """Return the mean proportional share of memory of a process."""
        return statistics.mean(_proportional_kb(child.pid) for child in self._children)

    def alive(self) -> int:
        return sum(child.poll() is None for child in self._children)


def run(count: int, folder: Path, secure: bool, seconds: float) -> dict:
    """Return what was measured. Raises RuntimeError if the boxes never came online."""
    port = free_port()
    configs, text, operator = (_secured if secure else _plain)(count, folder, port)
    with mosquitto.Mosquitto(folder, text) as broker, Boxes(folder, configs) as boxes:
        observer = Observer(port, operator)
        observer.await_all(count, 30 + EACH_S * count)
        if len(observer.online) < count:
            said = "%d of %d boxes came online, %d live"
            raise RuntimeError(said % (len(observer.online), count, boxes.alive()))
        told = {"boxes": count, "tls": secure, **_steady(observer, broker, seconds)}
        told["box_memory_kb"] = round(boxes.memory_kb())
        told["broker_memory_kb"] = round(_proportional_kb(broker.pid))
        told.update(_reconnect(observer, broker, count))
        observer.close()
    return told


def _steady(observer, broker, seconds):
    time.sleep(SETTLE_S)
    before, cpu_s = observer.messages, _cpu_s(broker.pid)
    time.sleep(seconds)
    spent_s = _cpu_s(broker.pid) - cpu_s
    rate = (observer.messages - before) / seconds
    return {
        "messages_per_s": round(rate, 1),
        "broker_cpu_percent": round(100 * spent_s / seconds, 2),
    }


def _reconnect(observer, broker, count):
    broker.stop(kill=True)
    observer.online.clear()
    time.sleep(OUTAGE_S)
    start_s = time.monotonic()
    broker.start()
    observer.await_all(count, LATEST_S)
    took = sorted(heard_s - start_s for heard_s in observer.online.values())
    cpu_s = _cpu_s(broker.pid)
    at = {"reconnected": len(took)}
    for name, share in (("median_s", 0.5), ("p90_s", 0.9), ("p99_s", 0.99), ("last_s", 1.0)):
        at[name] = round(took[min(len(took) - 1, int(share * len(took)))], 2) if took else None
    at["most_in_a_second"] = max((sum(t <= o < t + 1 for o in took) for t in took), default=0)
    at["broker_cpu_ms_per_connection"] = round(1_000 * cpu_s / max(1, len(took)), 2)
    return at


def _plain(count, folder, port):
    common = {"broker_host": HOST, "broker_port": port, "ntp_host": ""}
    return [{"box_id": _name(k), **common} for k in range(count)], PLAIN.format(port=port), None


def _secured(count, folder, port):
    authority = pki.Authority(folder)
    authority.certify_broker([HOST])
    authority.certify_client("operator", folder / "operator")
    (folder / "boxes.acl").write_text(mosquitto.rules(["operator"]))
    configs = []
    for k in range(count):
        place = folder / _name(k)
        authority.certify_client(_name(k), place)
        files = (("tls_ca", "ca.der"), ("tls_cert", "box.der"), ("tls_key", "key.der"))
        config = {"box_id": _name(k), "broker_host": HOST, "broker_port": port, "ntp_host": ""}
        configs.append({**config, "broker_tls": 2, **{n: str(place / f) for n, f in files}})
    text = mosquitto.CONF.format(
        port=port, address=HOST, folder=folder, stem="broker", persistence="false"
    )
    return configs, text, folder / "operator"


def _name(k):
    return "box%04d" % k


def _proportional_kb(pid):
    for line in Path("/proc/%d/smaps_rollup" % pid).read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _cpu_s(pid):
    """Return the processor seconds a process has used."""
    fields = Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
