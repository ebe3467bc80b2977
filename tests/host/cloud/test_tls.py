"""TLS over the loopback, against a real Mosquitto: who may talk to whom, and who may not."""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from box import mosquitto, mpy, pki
from box.brokers import free_port
from cloud.stream import SHAKE_MS

SCRIPT = Path(__file__).parent / "over_network.py"
HOST = "127.0.0.1"
needs_mosquitto = pytest.mark.skipif(
    mosquitto.binary() is None, reason="mosquitto is not installed (apt install mosquitto)"
)


def talk(tmp_path, events=3, turns=60, pause_ms=2, **config):
    """Let a box tell its events; return how that went. pause_ms: real time of a turn."""
    job = {"config": {"broker_host": HOST, **config}, "events": events, "turns": turns}
    job["pause_ms"] = pause_ms
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    command = [mpy.binary(), "-X", "heapsize=8M", str(SCRIPT), str(path)]
    result = subprocess.run(
        command, env=mpy.environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr + result.stdout
    return {**json.loads(result.stdout), "said": result.stdout + result.stderr}


def made_for(folder, name, port):
    """Return the config of a box that has the files the tool made for it."""
    files = {"ca": "ca.der", "cert": "box.der", "key": "key.der"}
    paths = {"tls_" + key: str(folder / name / end) for key, end in files.items()}
    return {"box_id": name, "broker_tls": 2, "broker_port": port, **paths}


class Fleet:
    """A CA, a broker with rules that knows it, boxes and an operator with certificates."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = pki.Authority(folder)
        self.authority.certify_broker([HOST, "localhost"])
        self.authority.certify_client("operator", folder / "operator")
        for name in ("one", "two"):
            self.authority.certify_client(name, folder / name)
        (folder / "boxes.acl").write_text(mosquitto.rules(["operator"]))
        self.port = free_port()
        self.conf = self.text(self.port)

    def text(self, port, stem="broker"):
        return mosquitto.CONF.format(
            port=port, address=HOST, folder=self.folder, stem=stem, persistence="false"
        )

    def config(self, name):
        return made_for(self.folder, name, self.port)

    def operator(self):
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        place = self.folder / "operator"
        client.tls_set(str(place / "ca.pem"), str(place / "box.pem"), str(place / "key.pem"))
        return client


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    fleet = Fleet(tmp_path_factory.mktemp("pki"))
    with_expired, psk = free_port(), free_port()
    fleet.expired_port, fleet.psk_port = with_expired, psk
    fleet.authority.certify_broker([HOST], days=-1, stem="expired")
    line = pki.share_key("one", fleet.folder / "shared")
    (fleet.folder / "boxes.psk").write_text(line)
    fleet.psk = line.split(":")[1].strip()
    texts = ["per_listener_settings true", fleet.conf, fleet.text(with_expired, "expired")]
    texts.append(mosquitto.PSK_CONF.format(port=psk, address=HOST, folder=fleet.folder))
    once = "\n".join(texts).replace("persistence false\n", "")
    with mosquitto.Mosquitto(fleet.folder, once):
        yield fleet


@contextlib.contextmanager
def overheard(fleet):
    """Yield the list of (topic, payload) that an operator hears, up to a last one of its own."""
    heard, there = [], threading.Event()
    client = fleet.operator()
    client.on_message = lambda _c, _u, message: heard.append((message.topic, message.payload))
    client.on_subscribe = lambda *_: there.set()
    client.connect(HOST, fleet.port)
    client.subscribe("wallbox/#", 1)
    client.loop_start()
    assert there.wait(5)
    yield heard
    client.publish("wallbox/operator/command/last", b"", 1)
    end = time.monotonic() + 5
    while "wallbox/operator/command/last" not in [topic for topic, _ in heard]:
        assert time.monotonic() < end
        time.sleep(0.02)
    client.disconnect()
    client.loop_stop()


def seqs(heard, name):
    topic = "wallbox/%s/event" % name
    return [json.loads(payload)["seq"] for one, payload in heard if one == topic]


@needs_mosquitto
def test_a_box_with_its_certificate_is_heard(fleet, tmp_path):
    with overheard(fleet) as heard:
        told = talk(tmp_path, **fleet.config("one"))
    assert told["up"] and not told["losses"], told
    assert seqs(heard, "one") == [1, 2, 3]
    print("longest turn of the link, TLS handshake included: %d us" % told["longest_us"])


@needs_mosquitto
def test_a_box_can_not_speak_for_another_one(fleet, tmp_path):
    with overheard(fleet) as heard:
        told = talk(tmp_path, **{**fleet.config("one"), "box_id": "two"})
    assert told["up"]  # Mosquitto acknowledges and drops what a client may not publish
    assert [topic for topic, _ in heard if topic.startswith("wallbox/two")] == []


@needs_mosquitto
def test_a_box_hears_its_own_commands_and_no_others(fleet, tmp_path):
    """Its certificate says "one": as "two" it is connected, subscribed and told nothing."""
    for name, enabled in (("one", 0), ("two", 1)):
        said = threading.Event()
        with overheard(fleet) as heard:
            thread = threading.Thread(target=keep_commanding, args=(fleet, name, said))
            thread.start()
            told = talk(tmp_path, 20, 40, 20, **{**fleet.config("one"), "box_id": name})
            said.set()
            thread.join()
        assert told["enabled"] == enabled, (told, heard)


def keep_commanding(fleet, name, enough):
    client = fleet.operator()
    client.connect(HOST, fleet.port)
    client.loop_start()
    while not enough.wait(0.1):
        client.publish("wallbox/%s/command/enable" % name, b"false", 1)
    client.disconnect()
    client.loop_stop()


def refused(fleet, tmp_path, changes, said):
    told = talk(tmp_path, turns=12, **{**fleet.config("one"), **changes})
    assert not told["up"] and told["losses"], told
    assert re.search(said, told["why"]), told["why"]


@needs_mosquitto
def test_a_broker_of_another_ca_is_refused(fleet, tmp_path):
    other = pki.Authority(tmp_path / "other")
    other.certify_client("one", tmp_path / "other/one")
    refused(
        fleet, tmp_path, {"tls_ca": str(tmp_path / "other/one/ca.der")}, "not correctly signed"
    )


@needs_mosquitto
def test_a_broker_of_another_name_is_refused(fleet, tmp_path):
    fleet.authority.certify_broker(["broker.example"], stem="other_name")
    port = free_port()
    place = tmp_path / "broker"
    place.mkdir()
    with mosquitto.Mosquitto(place, fleet.text(port, "other_name")):
        refused(fleet, tmp_path, {"broker_port": port}, "not match with the expected CN")


@needs_mosquitto
def test_an_expired_broker_is_refused(fleet, tmp_path):
    refused(fleet, tmp_path, {"broker_port": fleet.expired_port}, "validity has expired")


@needs_mosquitto
def test_a_box_without_its_certificate_is_refused(fleet, tmp_path):
    refused(fleet, tmp_path, {"tls_cert": "", "tls_key": ""}, "OSError")


@needs_mosquitto
def test_plain_text_is_no_way_in(fleet, tmp_path):
    refused(fleet, tmp_path, {"broker_tls": 0}, "OSError")


@needs_mosquitto
def test_a_shared_key_is_enough_where_both_have_it(fleet, tmp_path):
    config = {"box_id": "one", "broker_tls": 2, "broker_port": fleet.psk_port}
    told = talk(tmp_path, tls_psk=str(fleet.folder / "shared/psk"), **config)
    if "wants MicroPython" in told["why"]:
        assert os.environ.get("MICROPYTHON") == mpy.CHIP_SIZED and not told["up"]
        pytest.skip(told["why"])
    assert told["up"] and not told["waiting"], told
    (tmp_path / "psk").write_text("00" * 32)
    told = talk(tmp_path, turns=12, tls_psk=str(tmp_path / "psk"), **config)
    assert not told["up"] and told["losses"]


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("tls_ca", None, "tls: .*/file cannot be read"),
        ("tls_ca", b"-----BEGIN CERTIFICATE-----", "tls_ca: .*/file is no DER certificate"),
        ("tls_key", b"SECRET KEY", "tls_cert, tls_key: no DER certificate and its key"),
        ("tls_psk", b"NOT HEX", "tls_psk: .*/file is not hexadecimal"),
    ],
)
def test_a_bad_file_is_named_and_not_shown(tmp_path, name, content, said):
    authority = pki.Authority(tmp_path)
    authority.certify_client("one", tmp_path / "one")
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with socket.create_server((HOST, 0)) as server:
        config = made_for(tmp_path, "one", server.getsockname()[1])
        told = talk(tmp_path, turns=4, **{**config, name: str(tmp_path / "file")})
    assert not told["up"] and re.search(said, told["why"]), told
    assert content is None or content.decode() not in told["said"]


def test_a_peer_that_never_answers_a_handshake_costs_its_deadline(tmp_path):
    pki.Authority(tmp_path).certify_client("one", tmp_path / "one")
    with socket.create_server((HOST, 0)) as server:  # the kernel accepts, nobody reads
        told = talk(tmp_path, turns=2, **made_for(tmp_path, "one", server.getsockname()[1]))
    assert told["losses"] and "ETIMEDOUT" in told["why"], told
    assert SHAKE_MS <= told["longest_ms"] <= SHAKE_MS + 100, told


def test_keys_are_for_their_owner_only_and_odd_names_are_refused(tmp_path):
    pki.furnish(tmp_path / "ca", "broker.example,127.0.0.1", ["one"], ["me"], False, 8883)
    pki.furnish(tmp_path / "shared", "", ["two"], [], True, 8883)
    keys = [path for path in tmp_path.rglob("*") if "key" in path.name or "psk" in path.name]
    assert len(keys) == 9 and {path.stat().st_mode & 0o777 for path in keys} == {0o600}, keys
    assert "user me" in (tmp_path / "ca/boxes.acl").read_text()
    for name in ("", "..", "a/b", "a+", "#"):
        with pytest.raises(ValueError, match="is no name"):
            pki.furnish(tmp_path / "other", "", [name], [], False, 8883)
    assert not (tmp_path / "other").exists()


def test_a_second_call_adds_and_spoils_nothing(tmp_path):
    """What a broker and its boxes already use stays as it is."""
    sure, shared = tmp_path / "sure", tmp_path / "shared"
    pki.furnish(sure, "broker.example", ["one"], ["me"], False, 1_234)
    pki.furnish(shared, "", ["one"], [], True, 8883)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    pki.furnish(sure, "", ["two"], ["you"], False, 8883)
    pki.furnish(shared, "", ["two"], [], True, 8883)
    changed = {path.name for path, content in before.items() if path.read_bytes() != content}
    assert changed == {"boxes.acl", "boxes.psk"}
    rules = (sure / "boxes.acl").read_text()
    assert rules.count("user me") == rules.count("user you") == 1
    assert len((shared / "boxes.psk").read_text().splitlines()) == 2
    for folder, psk, why in ((sure, False, "one is there"), (shared, True, "one is there")):
        with pytest.raises(ValueError, match=why):
            pki.furnish(folder, "", ["one"], [], psk, 8883)
    for folder, psk in ((sure, True), (shared, False)):
        with pytest.raises(ValueError, match="all the same kind"):
            pki.furnish(folder, "", ["three"], [], psk, 8883)
    assert not (tmp_path / "three").exists()
