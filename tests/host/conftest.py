"""Paths of the two worlds, the contract of every message of every test, which interpreter ran."""

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
from box.interpreter import Missing, interpreter

BITS = "32" if os.environ.get("MICROPYTHON") == mpy.CHIP_SIZED else "64"
started = []  # an entry for each MicroPython that the present test started
start = mpy.binary


def noted():
    started.append(BITS)
    return start()


mpy.binary = noted


def pytest_collection_modifyitems(config, items):
    """Build the 32-bit interpreter that the tests are to run on, or say why they are skipped."""
    if BITS == "64":
        return
    try:
        interpreter()
    except Missing as wrong:
        if os.environ.get("CI"):
            raise pytest.UsageError("no interpreter with a chip's word size: %s" % wrong)
        for item in items:
            item.add_marker(pytest.mark.skip("no interpreter with a chip's word size: %s" % wrong))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    if call.when == "call" and started:
        item.user_properties.append(("bits", BITS))
        started.clear()


def pytest_terminal_summary(terminalreporter):
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())
    ]
    count = sum(("bits", BITS) in report.user_properties for report in reports)
    name = "1.25.0, 32 bits, 32-bit floats" if BITS == "32" else "of PyPI, 64 bits"
    terminalreporter.write_line("%d tests ran the firmware on MicroPython %s" % (count, name))


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
