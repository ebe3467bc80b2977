"""A broker of our own for `box run`, and a client that hears what the box really sends.

The client is paho-mqtt: another implementation than the box's, so that both ends agreeing means
something.
"""

import asyncio
import json
import logging
import socket
import threading
import time
from collections import deque

import paho.mqtt.client as paho
from amqtt.broker import Broker

CONFIG = {
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}
CONNECT_S = 5.0
EVENTS = 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Embedded:
    """amqtt in a thread of its own, on a free port of the loopback. Use as a context."""

    def __init__(self):
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.CRITICAL)
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # amqtt leaves tasks behind
        self.address = ("127.0.0.1", free_port())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        listener = {"type": "tcp", "bind": "%s:%d" % self.address, "max_connections": 50}
        self._broker = self._call(self._make({**CONFIG, "listeners": {"default": listener}}))
        return self

    def __exit__(self, *_):
        self._call(self._broker.shutdown())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _make(self, config):
        broker = Broker(config)
        await broker.start()
        return broker

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(CONNECT_S)


class Listener:
    """Writes every message under wallbox/ and homeassistant/ to a file, one JSON line each.

    counts: messages by the first word after wallbox/<box_id>/, without those the broker had kept
    from before. events: the last few, as received. Raises OSError when the broker cannot be
    reached.
    """

    def __init__(self, address, path):
        self.counts = {}
        self.events = deque(maxlen=EVENTS)
        self._subscribed = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        try:
            self._client.connect(*address)
        except UnicodeError as wrong:  # a host name that cannot be one
            raise OSError(wrong) from None
        self._file = open(path, "w", encoding="utf-8")

    def __enter__(self):
        self._client.loop_start()
        if not self._subscribed.wait(CONNECT_S):
            self.__exit__()
            raise OSError("no answer to the subscription")
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()
        self._file.close()

    def _on_connect(self, client, *_):
        client.subscribe([("wallbox/#", 1), ("homeassistant/#", 1)])

    def _on_message(self, _client, _userdata, message):
        words = message.topic.split("/")
        kind = words[2] if words[0] == "wallbox" and len(words) > 2 else words[0]
        if not message.retain:
            self.counts[kind] = self.counts.get(kind, 0) + 1
        text = message.payload.decode("utf-8", "replace")
        try:
            payload = json.loads(text)
        except ValueError:
            payload = text
        if kind == "event" and _is_event(payload):
            self.events.append(payload)
        line = {"at": round(time.time(), 3), "topic": message.topic, "payload": payload}
        self._file.write(json.dumps({**line, "retained": message.retain}) + "\n")


def _is_event(payload):
    """A broker that is not ours may carry anything under this topic."""
    return isinstance(payload, dict) and isinstance(payload.get("at_ms"), int)
