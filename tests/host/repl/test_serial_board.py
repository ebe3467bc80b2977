"""The real mpremote against the real firmware on a virtual serial board, while a car charges."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from box.serial_port import VirtualBoard

MPREMOTE = str(Path(sys.executable).with_name("mpremote"))
CHARGING = [
    [0, "ev.current_a", "16/16/16"],
    [0, "ev.follow", "1"],
    [3_000, "ev.cp_ohm", "2740"],
    [6_500, "ev.cp_ohm", "882"],
    [14_000, "ev.cp_ohm", "882"],
]
STATUS = "import console; console.status()"
PATIENCE_S = 30


def mpremote(board, *words):
    """Run mpremote to its end. Return what it printed."""
    child = subprocess.run(
        [MPREMOTE, "connect", board.port, *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert child.returncode == 0, child.stdout + child.stderr
    return child.stdout


def wait_for(what):
    """Wait until what() is true: real time, so a slow host only takes longer."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def told(board, name):
    return [(t_ms, value) for t_ms, signal, value in board.signals() if signal == name]


def last(board, name):
    return told(board, name)[-1][1]


@pytest.fixture(scope="module")
def charging(tmp_path_factory):
    """A board that charges all the time; a test that leaves it otherwise takes its own."""
    with VirtualBoard(tmp_path_factory.mktemp("board"), CHARGING) as board:
        wait_for(lambda: board.log.exists() and "contactor.closed" in board.log.read_text())
        yield board
        assert [value for _, value in told(board, "contactor.closed")] == ["1"]


@pytest.fixture
def own(tmp_path):
    with VirtualBoard(tmp_path, CHARGING) as board:
        wait_for(lambda: board.log.exists() and "contactor.closed" in board.log.read_text())
        yield board


def test_the_repl_is_live_while_the_box_charges(charging):
    said = mpremote(charging, "resume", "exec", STATUS)
    assert "state      C2" in said and "contactor  closed, 1 closing since" in said
    assert "reason rating" in said and "faults     none" in said
    before = float(last(charging, "energy.wh"))
    said = mpremote(charging, "resume", "exec", "import time; time.sleep(2); print(6 * 7)")
    assert said.strip() == "42"
    assert float(last(charging, "energy.wh")) > before


def test_a_refusal_is_a_sentence_and_a_traceback_is_a_traceback(charging):
    said = mpremote(charging, "resume", "exec", "import console; console.set('bad', 1)")
    assert said.startswith("config bad: unknown, known: ") and "Traceback" not in said
    assert max(map(len, said.splitlines())) <= 79
    child = subprocess.run(
        [MPREMOTE, "connect", charging.port, "resume", "exec", "1 / 0"],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert child.returncode == 1 and "ZeroDivisionError" in child.stdout + child.stderr


def test_files_scripts_and_mounts_do_not_disturb_a_charge(charging, tmp_path):
    (tmp_path / "probe.py").write_text("FOUND = 'on the host'\n")
    (tmp_path / "look.py").write_text("import main\nprint(main.box.snapshot.contactor_closed)\n")
    mpremote(charging, "resume", "fs", "cp", str(tmp_path / "probe.py"), ":probe.py")
    assert "probe.py" in mpremote(charging, "resume", "fs", "ls")
    assert "on the host" in mpremote(charging, "resume", "fs", "cat", ":probe.py")
    assert mpremote(charging, "resume", "run", str(tmp_path / "look.py")).strip() == "1"
    (tmp_path / "probe.py").write_text("FOUND = 'changed'\n" + "# filler\n" * 200)
    source = "import os; os.chdir('/remote'); from probe import FOUND; print(FOUND)"
    said = mpremote(charging, "resume", "mount", str(tmp_path), "exec", source)
    assert "changed" in said.splitlines()  # mpremote's own word comes before or behind it
    mpremote(charging, "resume", "exec", "import os; os.chdir('/')")


def hang(board, tmp_path, source):
    """Start a script that does not end; return mpremote's process once the script runs."""
    path = tmp_path / "hang.py"
    path.write_text("print('here')\n" + source)
    child = subprocess.Popen(
        [MPREMOTE, "connect", board.port, "resume", "run", str(path)], stdout=subprocess.PIPE
    )
    assert child.stdout.readline().strip() == b"here"
    return child


HUNG = {
    "does nothing": "while True:\n    pass\n",
    "allocates": "while True:\n    [k for k in range(50)]\n",
    "collects": "import gc\nwhile True:\n    gc.collect()\n",
    "catches": "while True:\n    try:\n        [0] * 100\n    except Exception:\n        pass\n",
}


@pytest.mark.parametrize("what", HUNG)
def test_ctrl_c_ends_a_hung_script_and_not_the_charge(charging, tmp_path, what):
    child = hang(charging, tmp_path, HUNG[what])
    before = float(last(charging, "energy.wh"))
    wait_for(lambda: float(last(charging, "energy.wh")) > before + 5)
    child.kill()
    child.communicate()
    assert "contactor  closed, 1 closing since" in mpremote(charging, "resume", "exec", STATUS)


def test_a_car_that_leaves_during_a_hung_script_finds_the_contactor_open(own, tmp_path):
    child = hang(own, tmp_path, "while True:\n    x = [0] * 1000\n")
    own.set("ev.cp_ohm", "open")
    wait_for(lambda: last(own, "contactor.closed") == "0")
    events = [text for _, text in told(own, "event") if '"contactor"' in text]
    child.kill()
    child.communicate()
    assert "unplugged" in events[-1]
    said = mpremote(own, "resume", "exec", "import console; console.why()")
    assert "rule 2.2: unplugged" in said and "open: no car" in said


@pytest.mark.long
def test_no_script_closes_the_contactor_by_its_pin(own, tmp_path):
    own.set("ev.cp_ohm", "2740")
    wait_for(lambda: last(own, "contactor.closed") == "0")
    source = "import board, machine, time\nmachine.Pin(board.CONTACTOR['request'])(1)\n"
    mpremote(own, "resume", "exec", source + "time.sleep(1)")
    commands = told(own, "contactor.command")
    assert [value for _, value in commands[-2:]] == ["1", "0"]  # the script's, and the next tick's
    assert commands[-1][0] - commands[-2][0] <= 20
    assert last(own, "contactor.closed") == "0"


def test_a_soft_reset_opens_first_and_the_box_comes_back(own):
    session = last(own, "session.id")
    said = mpremote(own, "exec", STATUS)  # without resume: mpremote resets before it runs anything
    assert "contactor  open" in said and "no box" not in said
    after = [row for row in own.signals() if row[0] >= told(own, "contactor.command")[-1][0]]
    assert after[0][1:] == (
        "contactor.command",
        "0",
    )  # boot.py's first line, before any other sign
    wait_for(lambda: last(own, "contactor.closed") == "1")
    assert last(own, "session.id") == session
    assert '"restarted"' not in "".join(text for _, text in told(own, "event"))


@pytest.mark.long
def test_a_soft_reset_opens_the_contactor_and_charges_again(own):
    mpremote(own, "resume", "soft-reset")
    wait_for(lambda: len(told(own, "contactor.closed")) == 3)
    assert [value for _, value in told(own, "contactor.closed")] == ["1", "0", "1"]
    assert "contactor  closed" in mpremote(own, "resume", "exec", STATUS)


@pytest.mark.long
def test_a_hard_reset_opens_the_contactor_and_waits_as_after_a_panic(own):
    """The chip tells both alike, and at the prompt nobody says that it was an order."""
    mpremote(own, "resume", "reset")
    wait_for(lambda: last(own, "contactor.closed") == "0")
    assert "restarted: " in mpremote(own, "resume", "exec", "import console; console.faults()")


@pytest.mark.long
def test_a_loop_that_stops_is_bitten_by_the_watchdog_even_under_a_hung_script(own, tmp_path):
    child = hang(own, tmp_path, "while True:\n    pass\n")
    own.set("box.fault", "hang")
    wait_for(lambda: last(own, "contactor.closed") == "0")
    own.set("box.fault", "none")
    child.kill()
    child.communicate()
    said = mpremote(own, "resume", "exec", "import console; console.faults()")
    assert "restarted: Restarted by watchdog" in said


@pytest.mark.long
def test_the_friendly_prompt_answers(own):
    import serial

    with serial.Serial(own.port, 115_200, timeout=5) as port:
        port.write(b"'ready'\r")
        port.read_until(b"\r\n'ready'\r\n>>> ")
        port.write(b"6 * 7\r")
        assert port.read_until(b">>> ") == b"6 * 7\r\n42\r\n>>> "
        port.write(b"for k in range(2):\r  print(k)\r\r")
        assert port.read_until(b"0\r\n1\r\n>>> ").endswith(b"0\r\n1\r\n>>> ")
        port.write(b"while True: pass\r\r")
        time.sleep(0.2)
        port.write(b"\x03")
        assert b"KeyboardInterrupt" in port.read_until(b">>> ")
        port.write(b"\x04")
        assert b"MPY: soft reboot\r\n" in port.read_until(b"MicroPython")
