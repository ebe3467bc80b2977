"""make repl, logs and provision as typed: make, the real mpremote, a terminal, a board."""

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from box.serial_port import VirtualBoard

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30
# what make would install is there, or this test would not run
THERE = [word for name in ("installed", "building") for word in ("-o", ".venv/." + name)]
THERE += ["-o", "build/lib/umqtt/simple.py"]
EXIT = "\x1d"  # Ctrl-]


class Typed:
    """A make target, or a shell, in a terminal of its own, in which somebody types."""

    def __init__(self, *words, command=("make", *THERE)):
        self._host, slave = pty.openpty()
        kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
        self._child = subprocess.Popen(
            ["env", "--default-signal=INT", *command, *words],
            cwd=ROOT,
            env={**kept, "TERM": "dumb"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.said = ""
        self._read_to = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        os.close(self._host)

    def type(self, text):
        os.write(self._host, text.encode())

    def wait_for(self, text):
        """Wait until text has been said since the last call."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.said[self._read_to :]:
            assert time.monotonic() < end and self._listen(0.5), self.said
        self._read_to = self.said.index(text, self._read_to) + len(text)

    def type_until(self, typed, text):
        """Type it again and again, as mpremote says that it is ready before it is."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.said[self._read_to :]:
            assert time.monotonic() < end, self.said
            self.type(typed)
            self._listen(0.3)
        self.wait_for(text)

    def interrupt(self):
        """Ctrl-C in this terminal."""
        os.killpg(self._child.pid, signal.SIGINT)

    def status(self):
        """Return make's exit status, once it has one."""
        end = time.monotonic() + PATIENCE_S
        while self._child.poll() is None or self._listen(0):
            assert time.monotonic() < end, self.said
            self._listen(0.1)
        return self._child.returncode

    def _listen(self, seconds):
        """Return False at the end."""
        try:
            if select.select([self._host], [], [], seconds)[0]:
                self.said += os.read(self._host, 4_096).decode(errors="replace")
                return True
        except OSError:
            return False
        return self._child.poll() is None


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with VirtualBoard(tmp_path_factory.mktemp("board")) as made:
        yield made


def test_make_repl_talks_to_a_running_box(board):
    with Typed("repl", "PORT=" + board.port) as repl:
        repl.wait_for("Connected to MicroPython at " + board.port)
        repl.type_until("\r", ">>> ")
        repl.type("import console; console.status()\r")
        repl.wait_for("pilot      A, no car")
        repl.wait_for(">>> ")
        repl.type(EXIT)
        assert repl.status() == 0
    assert board.is_alive()


def test_make_logs_follows_the_events_until_ctrl_c(board):
    with Typed("logs", "PORT=" + board.port) as logs:
        logs.wait_for("log: events")
        board.set("ev.cp_ohm", "2740")
        logs.wait_for("A1 -> B1")
        board.set("ev.cp_ohm", "open")
        logs.wait_for("-> A1")
        logs.interrupt()
        logs.status()
    with Typed("repl", "PORT=" + board.port) as repl:  # the port is free, the log goes on
        repl.wait_for("Connected to MicroPython at " + board.port)
        repl.type_until("\x03", ">>> ")
        repl.type(EXIT)
        assert repl.status() == 0


@pytest.mark.long
def test_make_repl_without_a_port_brings_a_board():
    with Typed("repl") as repl:
        repl.wait_for("Connected to MicroPython at ")
        repl.type_until("\r", ">>> ")
        repl.type(EXIT)
        assert repl.status() == 0


def test_a_board_in_the_background_of_a_shell_lives_on(one_board):
    """A shell stops what reads its terminal in the background: the README's first line."""
    with Typed(command=["setsid", "-c", "-w", "bash", "--norc", "-i"]) as shell:
        shell.type("make %s virtual-board &\r" % " ".join(THERE))
        shell.wait_for("a box at build/ttyBOX")
        time.sleep(0.5)
        shell.type(".venv/bin/mpremote connect build/ttyBOX resume exec 'print(6 * 7)'\r")
        shell.wait_for("\n42")
        shell.type("kill %1; exit\r")
        assert shell.status() is not None


def test_make_provision_asks_and_says_where_the_label_is(board):
    with Typed("provision", "PORT=" + board.port) as asked:
        for name, answer in (("box_id", "garage"), ("installer_limit_a", "99")):
            asked.wait_for("(%s)" % name)
            asked.type(answer + "\r")
        asked.wait_for("value 99 is not from 6 to 80")
        asked.type("16\r")
        names = ("open_pen", "timezone", "wifi_ssid", "wifi_key", "broker_host", "broker_port")
        for name in (*names, "broker_user", "broker_password"):
            asked.wait_for("(%s)" % name)
            asked.wait_for(": ")  # what is typed before a hidden prompt is forgotten
            asked.type("\r")
        asked.wait_for("label: build/provision/")
        assert asked.status() == 0


WRONG = {
    "repl PORT=/dev/nothing": "failed to access /dev/nothing",
    "provision": "PORT= is missing",
    "flash": "BOARD= is missing",
    "flash BOARD=esp32_generic": "PORT= is missing",
    "firmware": "BOARD= is missing; make boards lists them",
    "firmware BOARD=avr": "box firmware: board avr: unknown",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_target_that_cannot_says_why_and_fails(words):
    with Typed(*words.split()) as target:
        assert target.status() != 0
        assert WRONG[words] in target.said
        assert "Traceback" not in target.said
