"""Holds messages against docs/mqtt.asyncapi.yaml, the file itself; conftest does so in every test.

Also against discovery_schema.py what goes to Home Assistant. Schemas are compiled when first used.
"""

import functools
import json
import re
from pathlib import Path

import fastjsonschema
import yaml
from discovery_schema import SCHEMAS, TOPICS

ASYNCAPI = Path(__file__).resolve().parents[2] / "docs" / "mqtt.asyncapi.yaml"
TOPIC = re.compile(r"wallbox/[^/]+/(.+)")


@functools.cache
def channels():
    """Return {topic below the box's: its channel}."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(ASYNCAPI, encoding="utf-8") as file:
        found = yaml.load(file, loader)["channels"]  # noqa: S506, a safe loader
    return {TOPIC.fullmatch(topic)[1]: channel for topic, channel in found.items()}


@functools.cache
def message(suffix):
    """Return (media type, validate) of a topic. Raises KeyError if the contract has none."""
    channel = channels()[suffix]
    about = (channel.get("subscribe") or channel["publish"])["message"]
    return about["contentType"], fastjsonschema.compile(about["payload"])


@functools.cache
def discovery(component):
    return fastjsonschema.compile(SCHEMAS[component])


def check(topic: str, payload: bytes):
    """Raise AssertionError if the contract knows no such message."""
    announced = re.fullmatch(TOPICS, topic)
    suffix = TOPIC.fullmatch(topic)
    try:
        if announced:
            discovery(announced[1])(json.loads(payload))
            return
        kind, validate = message(suffix[1])
        validate(json.loads(payload) if kind == "application/json" else payload.decode())
    except (KeyError, TypeError, ValueError) as wrong:
        raise AssertionError("%s %s: %s" % (topic, payload[:300], wrong)) from wrong


def is_of_a_box(topic: str) -> bool:
    """Return whether only a box says this: commands are the tests' own, right or wrong."""
    suffix = TOPIC.fullmatch(topic)
    if suffix:
        return not suffix[1].startswith("command/")
    return bool(re.fullmatch(TOPICS, topic))


def check_heard(messages) -> int:
    """Check (topic, payload) of what clients received. Return how many were a box's."""
    of_boxes = [message for message in messages if is_of_a_box(message[0])]
    for topic, payload in of_boxes:
        check(topic, payload)
    return len(of_boxes)


def check_transcript(path: Path) -> int:
    """Check the lines that tools/sim/broker.py wrote. Return how many there were."""
    lines = path.read_bytes().splitlines()
    for line in lines:
        topic, _, payload = line.partition(b"\t")
        check(topic.decode(), payload)
    return len(lines)


def check_received(path: Path) -> int:
    """Check what `box run` left in mqtt.jsonl. Return how many messages there were."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        payload = row["payload"]
        if not isinstance(payload, str):
            payload = json.dumps(payload, separators=(",", ":"))  # box run parsed what it could
        check(row["topic"], payload.encode())
    return len(rows)
