"""`box calibrate`: the same guide over any transport."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from box import calibrate

BOX = str(Path(sys.executable).parent / "box")


def test_a_virtual_unit_is_calibrated_and_refuses_nonsense():
    answers = "0\nabc\n23\n230\n20 20\n20\n"
    ran = subprocess.run(
        [BOX, "calibrate", "--phases", "1"],
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "'abc' are not numbers" in ran.stdout and "2 numbers where one" in ran.stdout
    assert "voltage: 23.00 where the meter shows 230" in ran.stdout
    assert "Done. In use, and kept in meter.json" in ran.stdout


def test_the_end_of_the_answers_ends_it():
    ran = subprocess.run(
        [BOX, "calibrate"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1 and ran.stdout.count("1/3") == 1


def test_the_guide_repeats_a_step_that_the_box_refuses():
    said = ["1/3 noise", calibrate.Refused("current flows"), "2/3 voltage", "3/3 current", "Done."]
    calls, told = [], []

    def call(numbers):
        calls.append(numbers)
        answer = said.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    calibrate.guide(call, lambda prompt: [len(prompt)], told.append)
    assert calls == [[], [9], [9], [11], [11]] and told == ["current flows", "Done."]


@pytest.mark.parametrize(
    "stdout, returncode, wanted",
    [
        ("2/3 voltage: Read\n", 0, "2/3 voltage: Read"),
        ("meter calibration noise: current flows\n", 0, calibrate.Refused),
        ("no device", 1, OSError),
    ],
)
def test_a_box_at_a_port_is_asked_through_its_console(monkeypatch, stdout, returncode, wanted):
    commands = []

    def run(command, **_):
        commands.append(command)
        return SimpleNamespace(stdout=stdout, stderr="", returncode=returncode)

    monkeypatch.setattr(calibrate.subprocess, "run", run)
    box = calibrate.PortBox("/dev/ttyX")
    if isinstance(wanted, str):
        assert box.call([230.25, 229.0]) == wanted
    else:
        with pytest.raises(wanted, match=stdout.strip()):
            box.call([230.25, 229.0])
    assert commands[0][1:4] == ["connect", "/dev/ttyX", "resume"]
    assert commands[0][-1] == "import console; console.calibrate(230.25, 229)"
