"""The MQTT link: against bad peers in simulated time, and against a real Mosquitto."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from box import mpy
from box.brokers import free_port

HERE = Path(__file__).parent
VECTORS = HERE.parents[3] / "shared/data/mqtt-packets/PUBLISH.json"
CASES = re.findall(r"^def ([a-z_]+)\(\):", (HERE / "peers.py").read_text(), re.M)
MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
BOX = str(Path(sys.executable).parent / "box")


def play(case, *arguments):
    command = [mpy.binary(), "-X", "heapsize=8M", str(HERE / "peers.py"), case, *arguments]
    result = subprocess.run(
        command, env=mpy.environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0 and result.stdout.endswith("done\n"), result.stderr[-2_000:]
    return result.stdout


@pytest.mark.parametrize("case", [name for name in CASES if not name.startswith("vectors")])
def test_link(case):
    play(case)


def sent_packets(node):
    """Yield the hex of every packet that a vector file says to send."""
    if isinstance(node, dict):
        payload = str(node.get("payload", "")).replace(" ", "")
        if node.get("type") == "send" and re.fullmatch("(?:[0-9a-fA-F]{2})+", payload):
            yield payload
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from sent_packets(child)


def test_malformed_packets_of_another_projects_suite(tmp_path):
    if not VECTORS.exists():
        pytest.skip("no recorded packet vectors beside this project")
    packets = list(sent_packets(json.loads(VECTORS.read_text())))
    path = tmp_path / "packets"
    path.write_text("\n".join(packets))
    assert len(packets) > 20
    assert "%d packets" % len(packets) in play(
        "vectors_of_a_broker_test_suite_do_no_harm", str(path)
    )


@pytest.fixture
def mosquitto(tmp_path):
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    port = free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text("listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n" % port)
    child = subprocess.Popen([MOSQUITTO, "-c", str(conf)], stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    yield port
    child.terminate()
    child.wait()


def test_a_car_is_charged_through_a_real_mosquitto(mosquitto, tmp_path):
    result = subprocess.run(
        [BOX, "run", "--broker", "mqtt://127.0.0.1:%d" % mosquitto, "--ev", "niro"]
        + ["--seconds", "80", "--speed", "60", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = [json.loads(line) for line in (tmp_path / "mqtt.jsonl").read_text().splitlines()]
    events = [line["payload"] for line in lines if line["topic"] == "wallbox/box/event"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    closed = [event["closed"] for event in events if event["event"] == "contactor"]
    assert closed == [True, False]
    session = [line["payload"] for line in lines if line["topic"] == "wallbox/box/session"]
    assert len(session) == 1 and session[0]["energy_wh"] > 100
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert abs(summary["energy_wh"] / summary["true_wh"] - 1) < 0.02


def test_the_last_will_of_a_killed_box_is_told(mosquitto, tmp_path):
    heard = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.append(message.payload)
    client.connect("127.0.0.1", mosquitto)
    client.subscribe("wallbox/box/availability", 1)
    client.loop_start()
    job = {"mode": "run", "ev": "niro", "speed": 1, "until_ms": 60_000, "seed": 1}
    job["limited"] = True
    job |= {"broker": {"host": "127.0.0.1", "port": mosquitto}, "out": str(tmp_path / "s.csv")}
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    child = mpy.start("virtual_box.py", str(path), stdout=subprocess.DEVNULL)
    await_message(heard, b"online")
    child.kill()
    child.wait()
    await_message(heard, b"offline")
    client.disconnect()
    client.loop_stop()


def await_message(heard, payload):
    end = time.monotonic() + 10
    while payload not in heard:
        assert time.monotonic() < end, "never heard %r, only %r" % (payload, heard)
        time.sleep(0.02)
