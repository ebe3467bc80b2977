"""Three NATS nodes as one broker: the one in use dies in the middle of a charging session."""

import json
import subprocess
import threading

import paho.mqtt.client as paho
import pytest

from box import mpy, nats

SPEED = 3
START = b'"closed": true'


class Cloud:
    """An MQTT client with a persistent session on one node; keeps all it hears, in order."""

    def __init__(self, address, port):
        self.heard = []
        self.charging = threading.Event()
        self._subscribed = threading.Event()
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id="cloud", clean_session=False
        )
        client.on_message = self._hear
        client.on_connect = lambda *_: client.subscribe("wallbox/#", 1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.connect(address, port)
        client.loop_start()
        assert self._subscribed.wait(20)
        self._client = client

    def _hear(self, _client, _userdata, message):
        self.heard.append((message.topic.split("/")[-1], message.payload))
        if START in message.payload:
            self.charging.set()

    def records(self, kind):
        return [json.loads(payload) for one, payload in self.heard if one == kind]

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.mark.long
@pytest.mark.skipif(nats.binary() is None, reason="apt install nats-server")
def test_the_node_in_use_dies_and_nothing_is_lost(tmp_path):
    with nats.Cluster(tmp_path) as cluster:
        cloud = Cloud(cluster.addresses[2], cluster.port)
        job = {"mode": "run", "ev": "niro", "speed": SPEED, "until_ms": 60_000, "limited": True}
        broker = {"host": ",".join(cluster.addresses), "port": cluster.port}
        job |= {"seed": 1, "broker": broker, "out": str(tmp_path / "signals.csv")}
        path = tmp_path / "job.json"
        path.write_text(json.dumps(job))
        child = mpy.start("virtual_box.py", str(path), stdout=subprocess.PIPE)
        assert cloud.charging.wait(60)
        cluster.kill(cluster.addresses[0])  # the first of the config's brokers is in use
        said = child.communicate(timeout=150)[0]
        cloud.close()
    summary = [json.loads(line) for line in said.splitlines() if "summary" in line][-1]["summary"]
    assert summary["session_ok"] and summary["closings"] == 1, summary
    first_heard = list(dict.fromkeys(told["seq"] for told in cloud.records("event")))
    assert first_heard == list(range(1, len(first_heard) + 1)), first_heard
    assert len({payload for kind, payload in cloud.heard if kind == "event"}) == len(first_heard)
    assert len({told["session"] for told in cloud.records("session")}) == 1
    online = cloud.heard.count(("availability", b"online"))
    assert online >= 2, "it never had to change the node"
    print(
        "%d events, %d told twice"
        % (len(first_heard), len(cloud.records("event")) - len(first_heard))
    )
