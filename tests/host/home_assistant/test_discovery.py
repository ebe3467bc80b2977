"""What the box announces to Home Assistant, without one: schemas, topics, births."""

import json
import re
import subprocess
import sys
import time
import types

import jsonschema
import pytest
from discovery_schema import SCHEMAS, TOPICS, UNITS

from box import mpy
from cloud.discovery import messages
from cloud.home_assistant import BIRTH, CATALOGUE, HomeAssistant
from cloud.plain import PLAIN, SIGNAL
from cloud.topics import telemetry
from storage.config import Config

HASS_PYTHON = mpy.ROOT / "build" / "ha" / "bin" / "python"
HARDEST = {"box_id": 'K\u00f6ln "7" \\ x', "installer_limit_a": 80}


def announced(has_lock=1, **values):
    config = Config()
    for name, value in values.items():
        config.set(name, value)
    return [(topic, json.loads(text)) for topic, text in messages(config, "virtual", has_lock)]


@pytest.mark.parametrize("values", [{}, HARDEST])
def test_every_message_is_what_home_assistant_takes(values):
    for topic, message in announced(**values):
        component = re.fullmatch(TOPICS, topic)[1]
        jsonschema.validate(message, SCHEMAS[component])
        kind = message.get("dev_cla")
        if component in ("sensor", "number") and kind:
            assert message["unit_of_meas"] == UNITS[kind], topic
        if kind == "energy":
            assert message["stat_cla"] == "total_increasing"


def test_the_schema_refuses_what_home_assistant_refuses():
    (_, good), *_ = announced()
    for wrong in ({"dev_cla": "kilowatts"}, {"stat_t": "a/#"}, {"x": 1}, {"ent_cat": "none"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good | wrong, SCHEMAS["sensor"])


def test_every_value_that_is_announced_is_told():
    told = {"~/plain/" + row[0] for row in PLAIN} | {"~/plain/" + SIGNAL, "~/update"}
    shown = telemetry_fields()
    for topic, message in announced():
        if message.get("stat_t") == "~/telemetry":
            field = re.fullmatch(r"\{\{ value_json\.([a-z_]+) \}\}", message["val_tpl"])[1]
            assert field in shown
        else:
            assert message.get("stat_t") in told or "/button/" in topic, topic


def telemetry_fields():
    from exchange import Snapshot

    from cloud import topics

    topics.gc = types.SimpleNamespace(mem_free=lambda: 0)
    return telemetry(Snapshot())


def test_names_and_ids_are_there_once():
    found = announced(**HARDEST)
    for key in ("uniq_id", "name"):
        values = [message[key] for _, message in found]
        assert len(set(values)) == len(values)
    assert len({topic for topic, _ in found}) == len(found)
    assert {message["~"] for _, message in found} == {"wallbox/" + HARDEST["box_id"]}


def test_what_a_user_expects_is_there():
    keys = {topic.split("/")[3] for topic, _ in announced()}
    wanted = "state power energy session_energy offered_current enable faults temperature signal"
    wanted += " firmware current_1 current_2 current_3 voltage_1 voltage_2 voltage_3 worst_tick"
    assert set(wanted.split()) <= keys


def test_the_current_goes_as_far_as_the_installation():
    (number,) = [m for topic, m in announced(installer_limit_a=20) if "/number/" in topic]
    assert (number["min"], number["max"], number["step"]) == (0, 20, 1)
    asked = json.loads(number["cmd_tpl"].replace("{{ value }}", "10.0"))
    assert asked == {"a": 10, "lifetime_s": 86_400}


def test_a_fixed_cable_has_no_plug_to_unlock():
    assert len(announced(has_lock=0)) == len(announced()) - 1


def heard(speaker, now_ms=0):
    found = []
    word = speaker.poll(now_ms)
    while word:
        assert word[2], "retained"
        found.append(word[0])
        word = speaker.poll(now_ms)
    return found


def test_a_birth_is_answered_with_everything():
    speaker = HomeAssistant(Config(), "virtual", 1)
    assert heard(speaker) == []
    speaker.forget()
    everything = heard(speaker)
    assert len(everything) == len(announced()) and heard(speaker) == []
    assert CATALOGUE not in sys.modules, "it needs no memory while nothing is told"
    speaker.hear(BIRTH, b"online", False)
    assert heard(speaker) == everything
    for topic, payload, retained in (
        (BIRTH, b"offline", False),
        (BIRTH, b"online", True),
        ("homeassistant/other", b"online", False),
    ):
        speaker.hear(topic, payload, retained)
        assert heard(speaker) == []


def test_a_catalogue_that_finds_no_memory_costs_no_session(monkeypatch):
    """forget() is called within the making of a session: an error there would end it each time."""
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)
    speaker = HomeAssistant(Config(), "virtual", 1)
    ordinary = speaker._next

    def no_room():
        raise MemoryError

    speaker._next = no_room
    speaker.forget()
    assert speaker.poll(0) is None and speaker.poll(999) is None
    speaker._next = ordinary
    assert speaker.poll(999) is None
    assert len(heard(speaker, 1_000)) == len(announced())


@pytest.mark.home_assistant
def test_home_assistants_own_schemas_take_every_message(tmp_path):
    if not HASS_PYTHON.exists():
        pytest.skip("build/ha is missing: make test-ha")
    path = tmp_path / "messages"
    found = announced() + announced(**HARDEST)
    path.write_text("\n".join(json.dumps(pair) for pair in found))
    script = mpy.ROOT / "tests/host/home_assistant/own_schemas.py"
    result = subprocess.run(
        [HASS_PYTHON, str(script), str(path)], capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == ["%d" % len(found)], result.stdout + result.stderr
