"""The MQTT contract itself: that it holds what it should hold, and would notice what is wrong."""

import json

import fastjsonschema
import jsonschema
import overheard
import paho.mqtt.client as paho
import pytest
from contract_of_mqtt import (
    ASYNCAPI,
    channels,
    check,
    check_heard,
    check_received,
    check_transcript,
)

from cloud.commands import COMMANDS
from cloud.plain import PLAIN, SIGNAL
from cloud.topics import DESCRIBE
from state import events

REPLY = {"id": None, "command": "limit", "ok": True, "reason": ""}
OFFER = {"event": "offer", "at_ms": 5, "offer_a": 16, "reason": "house", "seq": 1, "time_s": None}
SAID = "state telemetry event session reply update availability".split()


def schemas():
    for suffix, channel in channels().items():
        yield suffix, (channel.get("subscribe") or channel["publish"])["message"]["payload"]


def test_every_topic_has_its_channel_and_every_channel_its_topic():
    wanted = set(SAID) | {"command/" + name for name in COMMANDS}
    wanted |= {"plain/" + row[0] for row in PLAIN} | {"plain/" + SIGNAL}
    assert set(channels()) == wanted


def test_every_schema_is_one():
    for _, schema in schemas():
        jsonschema.Draft7Validator.check_schema(schema)
        fastjsonschema.compile(schema)


def test_every_event_of_the_core_is_in_it():
    told = [part["properties"]["event"]["const"] for part in dict(schemas())["event"]["oneOf"]]
    assert set(events.NAMES) <= set(told) and len(told) == len(set(told))
    assert len(DESCRIBE) == len(events.NAMES)


@pytest.mark.parametrize(
    "suffix, payload",
    [
        ("reply", json.dumps(REPLY)),
        ("reply", json.dumps(REPLY | {"value": {"parts": 3}})),
        ("event", json.dumps(OFFER)),
        ("availability", "online"),
        ("plain/power", "-12"),
        ("plain/energy", "1234.56"),
        ("command/limit", "10"),
        ("command/limit", "null"),
        ("command/limit", '{"id": 1, "a": 10}'),
        ("command/limit", '{"id": "x", "expires_s": 5, "value": {"a": 0, "lifetime_s": 5}}'),
        ("command/restart", '"anything"'),
    ],
)
def test_what_is_right_passes(suffix, payload):
    check("wallbox/any box/" + suffix, payload.encode())


@pytest.mark.parametrize(
    "topic, payload",
    [
        ("wallbox/box/reply", json.dumps(REPLY | {"more": 1})),
        ("wallbox/box/reply", json.dumps(REPLY | {"ok": 1})),
        ("wallbox/box/event", json.dumps(OFFER | {"event": "unheard_of"})),
        ("wallbox/box/event", json.dumps(OFFER | {"offer_a": 81})),
        ("wallbox/box/event", json.dumps({k: v for k, v in OFFER.items() if k != "seq"})),
        ("wallbox/box/availability", '"online"'),
        ("wallbox/box/plain/status", "D"),
        ("wallbox/box/plain/power", "12 W"),
        ("wallbox/box/plain/power", ""),
        ("wallbox/box/command/limit", "5"),
        ("wallbox/box/command/limit", '{"a": 10, "lifetime": 5}'),
        ("wallbox/box/command/enable", "1"),
        ("wallbox/box/command/explode", "1"),
        ("wallbox/box/states", "{}"),
        ("wallbox/box", "{}"),
        ("homeassistant/sensor/box/x/config", "{}"),
        ("other/box/state", "{}"),
        ("wallbox/box/state", "{"),
    ],
)
def test_what_is_wrong_is_noticed(topic, payload):
    with pytest.raises(AssertionError, match="^" + topic):
        check(topic, payload.encode())


def test_a_transcript_is_read_to_its_end(tmp_path):
    path = tmp_path / "t"
    good = b"wallbox/box/reply\t" + json.dumps(REPLY).encode() + b"\n"
    path.write_bytes(good * 3)
    assert check_transcript(path) == 3
    path.write_bytes(good * 2 + b"wallbox/box/reply\t{}\n")
    with pytest.raises(AssertionError):
        check_transcript(path)


def test_what_box_run_received_is_read_to_its_end(tmp_path):
    path = tmp_path / "received"
    rows = [("reply", REPLY), ("plain/power", 11_000), ("plain/enabled", True)]
    rows += [("availability", "online")]
    good = [{"topic": "wallbox/box/" + suffix, "payload": payload} for suffix, payload in rows]
    path.write_text("\n".join(json.dumps(row) for row in good))
    assert check_received(path) == 4
    bad = {"topic": "wallbox/box/availability", "payload": 5}
    path.write_text("\n".join(json.dumps(row) for row in [*good, bad]))
    with pytest.raises(AssertionError):
        check_received(path)


def test_what_a_client_hears_of_a_box_is_checked():
    commands = [("wallbox/box/command/limit", b"nonsense"), ("test/current", b"10")]
    assert check_heard([*commands, ("wallbox/box/reply", json.dumps(REPLY).encode())]) == 1
    for topic in ("wallbox/box/reply", "wallbox/box/new", "homeassistant/sensor/box/x/config"):
        with pytest.raises(AssertionError, match="^" + topic):
            check_heard([*commands, (topic, b"{}")])


def test_every_message_that_a_client_is_handed_is_heard():
    message = paho.MQTTMessage(topic=b"wallbox/box/reply")
    message.payload = json.dumps(REPLY).encode()
    paho.Client(paho.CallbackAPIVersion.VERSION2)._handle_on_message(message)
    assert (message.topic, message.payload) in overheard.messages


def test_the_file_says_what_it_is():
    assert ASYNCAPI.read_text(encoding="utf-8").startswith("asyncapi: 2.6.0\n")
