"""Brings a bundle to a box over MQTT, piece by piece, and watches until it runs.

Whatever is lost on the way is asked for again; a box that was cut goes on where it was.
"""

import base64
import hashlib
import json
import queue
import secrets
import time
import zlib
from urllib.parse import urlsplit

import paho.mqtt.client as paho

REPLY_S = 5.0
TRIES = 60
LATER_S = 5.0
LATER = "update: the contactor is closed"


class Refused(Exception):
    """The box's own sentence, or that it says nothing."""


class Peer:
    """One box behind a broker. url: mqtt[s]://[user:password@]host[:port]. Use as a context.

    update: what the box said last under the topic update. lost: how often the last question was
    asked in vain.
    """

    def __init__(self, url: str, box_id: str, ca: str | None = None):
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("--broker: %r is not mqtt://host:port nor mqtts://host:port" % url)
        self._address = (
            parts.hostname,
            parts.port or (8_883 if parts.scheme == "mqtts" else 1_883),
        )
        self._base = "wallbox/%s/" % box_id
        self._replies = queue.Queue()
        self._name = secrets.token_hex(3)
        self._serial = 0
        self.update = {}
        self.lost = 0
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if parts.username:
            self._client.username_pw_set(parts.username, parts.password)
        if parts.scheme == "mqtts":
            self._client.tls_set(ca_certs=ca)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def __enter__(self):
        self._client.connect(*self._address)
        self._client.loop_start()
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client, *_):
        client.subscribe([(self._base + "reply", 1), (self._base + "update", 1)])

    def _on_message(self, _client, _userdata, message):
        try:
            told = json.loads(message.payload)
        except ValueError:
            return  # not ours
        if message.topic.endswith("/update"):
            self.update = told
        elif isinstance(told, dict):
            self._replies.put(told)

    def ask(self, verb: str, value):
        """Return the value of the reply. Raises Refused; asks again while there is none."""
        for self.lost in range(TRIES):
            reply = self._ask_once(verb, value)
            if reply is None:
                continue
            if reply.get("ok"):
                return reply.get("value")
            if not str(reply.get("reason", "")).startswith(LATER):
                raise Refused(reply.get("reason", "no reason given"))
            time.sleep(LATER_S)
        raise Refused("%s does not answer" % self._base.rstrip("/"))

    def _ask_once(self, verb, value):
        self._serial += 1
        identity = "%s-%d" % (self._name, self._serial)
        payload = json.dumps({"id": identity, "value": value})
        self._client.publish(self._base + "command/update/" + verb, payload, 1)
        end_s = time.monotonic() + REPLY_S
        while time.monotonic() < end_s:
            try:
                reply = self._replies.get(timeout=max(0.01, end_s - time.monotonic()))
            except queue.Empty:
                return None
            if reply.get("id") == identity:
                return reply
        return None


def announced(bundle: bytes, version: str) -> dict:
    digest = hashlib.sha256(bundle).hexdigest()
    return {"version": version, "size": len(bundle), "sha256": digest}


def point(peer: Peer, bundle: bytes, version: str, url: str):
    """Let the box fetch the bundle from url by itself. Raises Refused."""
    peer.update = {}  # what it said of an update before does not count
    peer.ask("begin", {**announced(bundle, version), "url": url})


def send(peer: Peer, bundle: bytes, version: str, show):
    """Download the bundle into the box. show(bytes there). Raises Refused."""
    told = peer.ask("begin", announced(bundle, version))
    have, size = told["have"], told["piece"]
    while have < len(bundle):
        show(have)
        piece = bundle[have : have + size]
        text = base64.b64encode(piece).decode()
        value = {"at": have, "crc32": zlib.crc32(piece), "base64": text}
        have = peer.ask("piece", value)["have"]
    show(have)


def install(peer: Peer, now: bool):
    """Ask for the installation. Raises Refused."""
    try:
        peer.ask("install", {"now": now})
    except Refused:
        if not peer.lost:  # otherwise it may be under way, or done: follow() sees
            raise


def follow(peer: Peer, version: str, seconds: float, show, is_ready=False) -> str:
    """Return "" once the box runs the version for good, or why it does not.

    is_ready: it is enough that the bundle is there and found good. show(phase and why, percent).
    """
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        update = peer.update
        phase, why = update.get("phase", "unknown"), update.get("why", "")
        show("%s: %s" % (phase, why) if why else phase, update.get("update_percentage"))
        if phase == "idle" and update.get("installed_version") == version:
            return ""
        if is_ready and phase == "ready":
            return ""
        if phase == "refused":
            return why
        time.sleep(0.2)
    phase, why = peer.update.get("phase", "unknown"), peer.update.get("why", "")
    return "not installed after %d s, phase %s%s; the box goes on by itself" % (
        *(seconds, phase),
        ", " + why if why else "",
    )
