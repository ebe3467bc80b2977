"""Paths of the two worlds, and the contract that every message of every test must keep."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("firmware", "tools/sim/cpython", "tests/host"):
    sys.path.insert(0, str(ROOT / folder))

import contract_of_mqtt
import overheard

from box import mpy


def pytest_generate_tests(metafunc):
    """A test that is marked `flashed` runs with the sources and with what is flashed."""
    if metafunc.definition.get_closest_marker("flashed"):
        metafunc.parametrize("application", list(mpy.APPLICATIONS), indirect=True)


@pytest.fixture(autouse=True)
def application(request):
    """What firmware every MicroPython of a `flashed` test runs: a name of mpy.APPLICATIONS."""
    name = getattr(request, "param", "")
    if not name:
        yield name
        return
    before = os.environ.get("APPLICATION")
    os.environ["APPLICATION"] = name
    yield name
    del os.environ["APPLICATION"]
    if before is not None:
        os.environ["APPLICATION"] = before


@pytest.fixture(scope="session")
def transcript(tmp_path_factory):
    """Yield the file to which the simulated broker writes all that boxes say."""
    path = tmp_path_factory.mktemp("mqtt") / "transcript"
    os.environ["MQTT_TRANSCRIPT"] = str(path)
    yield path
    del os.environ["MQTT_TRANSCRIPT"]


@pytest.fixture(autouse=True)
def every_message_is_in_the_contract(request, transcript):
    folder = None
    if "tmp_path" in request.fixturenames:
        folder = request.getfixturevalue("tmp_path")
    overheard.messages.clear()
    yield
    contract_of_mqtt.check_heard(overheard.messages)
    if transcript.exists():
        told = contract_of_mqtt.check_transcript(transcript)
        transcript.unlink()
        assert told
    for path in folder.rglob("mqtt.jsonl") if folder else ():
        if path.with_name("summary.json").exists():  # left by a whole run
            contract_of_mqtt.check_received(path)
