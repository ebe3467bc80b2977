"""`box release`: keys, what it refuses to sign, and a bundle on its way through a real broker."""

import json
import socket
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from maker import FACTS, FILES, made, private_key, public, signer
from web import Web

from box import brokers, bundle, fleet_keys, publish, release

BOX = str(Path(sys.executable).parent / "box")


def box_command(*arguments, cwd):
    return subprocess.run(
        [BOX, "release", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_key_is_made_once_and_is_its_owners(tmp_path):
    path = tmp_path / "fleet.pem"
    fleet_keys.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    key = fleet_keys.load(path)
    assert (tmp_path / "fleet.pem.pub").read_bytes() == public(key)
    with pytest.raises(FileExistsError):
        fleet_keys.make(path)


def test_what_is_no_key_is_refused(tmp_path):
    path = tmp_path / "fleet.pem"
    path.write_text("no key")
    with pytest.raises(ValueError, match="not a private key"):
        fleet_keys.load(path)


def test_a_succession_is_what_the_box_takes(box):
    value = json.loads(fleet_keys.succession(private_key(), private_key(1)))
    box.updates.ask("key", value)
    assert (box.root / "update.key").read_bytes() == public(private_key(1))


def test_our_signature_is_the_other_implementations(box):
    """PKCS #1 v1.5 has one signature for a message and a key."""
    unsigned = bundle.unsigned(FACTS, FILES)
    ours = bundle.sign(unsigned, lambda text: fleet_keys.signature(private_key(), text))
    assert ours == bundle.sign(unsigned, signer(private_key()))


@pytest.mark.parametrize("version, newer", [("0.9.0", False), ("0.8.9", False), ("0.10.0", True)])
def test_only_newer_ones_join_the_releases(tmp_path, version, newer):
    (tmp_path / "virtual-0.9.0.bundle").write_bytes(made())
    (tmp_path / "other-7.0.0.bundle").write_bytes(made(version="7.0.0"))
    if newer:
        release.check_newest(tmp_path, "virtual", version)
    else:
        with pytest.raises(ValueError, match="not newer than virtual-0.9.0.bundle"):
            release.check_newest(tmp_path, "virtual", version)


def test_a_tree_with_changes_is_not_released(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert release.changes(tmp_path) == ""
    (tmp_path / "more.py").write_text("")
    assert release.changes(tmp_path) == "?? more.py"


@pytest.mark.parametrize(
    "arguments, why",
    [
        (["make", "nowhere", "--key", "k"], "nowhere"),
        (["make", "esp32_generic", "--key", "k"], "that can: frozen"),
        (["publish", "none", "--broker", "mqtt://127.0.0.1", "--box", "b"], "none"),
        (["publish", "wrong", "--broker", "mqtt://127.0.0.1", "--box", "b"], "not a bundle"),
        (["publish", "good", "--broker", "http://x", "--box", "b"], "is not mqtt://host:port"),
        (["publish", "good", "--broker", "mqtt://127.0.0.1:1", "--box", "b"], "refused"),
        (["keygen", "wrong"], "exists"),
    ],
)
def test_wrong_input_is_one_sentence(tmp_path, arguments, why):
    (tmp_path / "wrong").write_bytes(b"no bundle")
    (tmp_path / "good").write_bytes(made())
    result = box_command(*arguments, cwd=tmp_path)
    assert result.returncode == 2 and why in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


class OverMqtt:
    """The box of conftest.py behind a real broker; every third reply is lost."""

    def __init__(self, box, address):
        self.box = box
        self._asked = 0
        self._alone = threading.Lock()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(
            "wallbox/garage/command/#", 1
        )
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.on_message = self._hear
        self.ready = threading.Event()
        self._client.connect(*address)
        self._client.loop_start()
        assert self.ready.wait(5)

    def _hear(self, client, _, message):
        asked = json.loads(message.payload)
        command = message.topic.partition("/command/")[2]
        reply = {"id": asked["id"], "command": command, "ok": True, "reason": ""}
        box = self.box
        try:
            reply["value"] = box.updates.ask(command.rsplit("/", 1)[1], asked["value"])
        except ValueError as wrong:
            reply.update(ok=False, reason=str(wrong))
        self._asked += 1
        if self._asked % 3:
            client.publish("wallbox/garage/reply", json.dumps(reply))
        self.live()

    def live(self, turns=50, span_ms=50):
        """Let the box live a little, and tell how far it is."""
        with self._alone:
            self._live(turns, span_ms)

    def _live(self, turns, span_ms):
        box, client = self.box, self._client
        box.turns(turns, span_ms)
        if box.resets:
            box.resets = 0
            box.start()
            box.turns(150)
        client.publish("wallbox/garage/update", json.dumps(box.updates.report()), retain=True)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def garage(box):
    with brokers.Embedded() as broker:
        box.over = OverMqtt(box, broker.address)
        yield box, "mqtt://%s:%d" % broker.address
        box.over.close()


def test_a_bundle_arrives_although_replies_are_lost(garage, monkeypatch):
    monkeypatch.setattr(publish, "REPLY_S", 0.5)
    box, url = garage
    content = made(files={**FILES, "state/core.py": b"new" * 4_000})
    shown = []
    with publish.Peer(url, "garage") as peer:
        publish.send(peer, content, "0.9.0", shown.append)
        publish.install(peer, False)
        assert publish.follow(peer, "0.9.0", 10, lambda *_: None) == ""
    assert shown[-1] == len(content) and shown == sorted(shown)
    assert box.slots.good == "b"


class Line(socket.socket):
    """A socket with the names MicroPython has."""

    read, write = socket.socket.recv, socket.socket.send


@pytest.mark.parametrize(
    "habit, options, status, said",
    [
        ("cut", [], 0, "garage: 0.9.0 runs"),
        ("good", ["--no-install"], 0, "garage: 0.9.0 is there, not installed"),
        ("redirect", [], 1, "update: the server redirects (302)"),
    ],
)
def test_a_box_is_told_where_the_bundle_lies(
    garage, tmp_path_factory, monkeypatch, habit, options, status, said
):
    monkeypatch.setattr("update.fetch.FIRST_WAIT_MS", 20)
    monkeypatch.setattr("update.fetch.socket", types.SimpleNamespace(**vars(socket)))
    monkeypatch.setattr("update.fetch.socket.socket", Line)
    box, broker = garage
    path = tmp_path_factory.mktemp("release") / "one.bundle"
    path.write_bytes(made(files={**FILES, "state/core.py": b"new" * 4_000}))
    with Web(path.read_bytes()) as web:
        words = ["--broker", broker, "--box", "garage", "--url", web.url(habit), *options]
        child = subprocess.Popen(
            [BOX, "release", "publish", path, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while child.poll() is None:
            box.over.live(5, 5)
            time.sleep(0.002)
    assert child.returncode == status and said in child.stdout.read()
    assert box.slots.good == ("b" if said.endswith("runs") else "")


def test_the_boxs_own_sentence_is_what_the_fleet_reads(garage):
    _, url = garage
    with publish.Peer(url, "garage") as peer:
        with pytest.raises(publish.Refused, match="not signed by key"):
            publish.send(peer, made(key=private_key(1)), "0.9.0", lambda have: None)
