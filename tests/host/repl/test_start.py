"""How the virtual board starts, and what it is like where it cannot; with the real mpremote."""

import subprocess
import sys
from pathlib import Path

import serial

from box.serial_port import VirtualBoard

MPREMOTE = str(Path(sys.executable).with_name("mpremote"))
PATIENCE_S = 60
LOAD_MS = 25  # an import: in all longer than mpremote needs to come
CAR = [[0, "ev.cp_ohm", "2740"]]


def said(board, source, *words):
    """Return what a source prints that mpremote runs."""
    child = subprocess.run(
        [MPREMOTE, "connect", board.port, *words, "exec", source],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert child.returncode == 0, child.stdout + child.stderr
    return child.stdout.replace("\r", "")


def test_mpremote_waits_for_an_application_that_loads(tmp_path):
    with VirtualBoard(tmp_path, load_ms=LOAD_MS) as board:
        with serial.Serial(board.port, 115_200, timeout=PATIENCE_S) as port:
            port.write(b"'ready'\r")
            port.read_until(b"\r\n'ready'\r\n>>> ")
            port.write(b"\x04")
            port.read_until(b"MPY: soft reboot\r\n")
        told = said(board, "import main; print(main.failure, main.box is not None)", "resume")
        assert told == " True\n"


def test_without_an_application_the_board_waits_and_says_what_is_missing(tmp_path):
    with VirtualBoard(tmp_path, CAR, application=False, speed=20) as board:
        source = "import main, time; time.sleep(60); print(main.box, main.failure)"
        told = said(board, source, "resume")
        assert told.startswith("None no whole slot: /a: whole cannot be read (")
        assert "; /b: whole cannot be read (" in told
        source = "import board, machine as m; pin, pwm = m.Pin(board.CONTACTOR['request']), "
        source += (
            "m.plant.node(board.CONTROL_PILOT['pwm']); print(m.plant.boots, pin(), pwm.level)"
        )
        assert said(board, source, "resume") == "0 0 65536\n"  # no reset, open, +12 V
