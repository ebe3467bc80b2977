"""A virtual board on a pseudo-terminal: what mpremote sees of a box without hardware.

Between the terminal and the firmware stands what a UART's interrupt does: a Ctrl-C typed while
code runs interrupts it, and is an ordinary byte while code has switched that off (mounted files).
"""

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import threading
import tty
from pathlib import Path

from box import mpy, scenario

CTRL_C = b"\x03"
STEP = 256
SECTORS = 512  # of the flash: 2 MB
# a board whose owner was killed under a hung script would run for ever
MORTAL = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
# what the self-test asks for on the screen, and what a hand then does
HANDS = (
    (b"2740 ohm", "ev.cp_ohm,2740"),
    (b"882 ohm", "ev.cp_ohm,882"),
    (b"246 ohm", "ev.cp_ohm,246"),
    (b"nothing on the pilot", "ev.cp_ohm,open"),
)


class VirtualBoard(contextlib.AbstractContextManager):
    """port: the terminal's path. log: the plant's signals, written as they change.

    rows: what happens before anybody looks, [[t_ms, signal, value], ...]; it takes no real time.
    config: settings by name. hands: obey the self-test's instructions as an engineer would.
    image: of a flash, instead of a new one. cuts: folder for an image of the flash as it would be
    if the supply were cut, at each flash operation from now on. application: whether there is one
    on the flash. load_ms: real time that each import takes while it starts.
    """

    def __init__(
        self,
        folder,
        rows=(),
        config=None,
        speed=1,
        seed=1,
        hands=False,
        image="",
        cuts="",
        sectors=SECTORS,
        application=True,
        load_ms=0,
    ):
        self.log = Path(folder) / "signals.csv"
        self._job = Path(folder) / "job.json"
        job = {"rows": list(rows), "config": config or {}, "speed": speed, "seed": seed}
        job.update(out=str(self.log.absolute()), root=str(mpy.ROOT))
        job.update(image=str(image), cuts=str(cuts), sectors=sectors)
        job.update(application=application, load_ms=load_ms)
        self._job.write_text(json.dumps(job))
        self._hands = hands
        self._seen = self._said = b""
        self._wake, self._end = os.pipe()
        self._host, self._slave = pty.openpty()
        tty.setraw(self._slave)  # held open: no end of file between two clients
        self.port = os.ttyname(self._slave)
        self._start()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _start(self):
        heard, self._tell = os.pipe()
        self._hear, said = os.pipe()
        # its REPL wants a Ctrl-C that interrupts at once and two threads without a lock
        command = [*MORTAL, mpy.of_64_bits(), "-X", "heapsize=" + mpy.HEAP]
        command += [str(mpy.ROOT / "tools/virtual_board/virtual_board.py"), str(self._job)]
        self._board = subprocess.Popen(
            [*command, str(heard), str(said)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pass_fds=(heard, said),
            start_new_session=True,
        )
        os.close(heard)
        os.close(said)

    def set(self, signal_name: str, value):
        """Do something to the plant: any input signal of a scenario."""
        os.write(self._tell, ("%s,%s\n" % (signal_name, value)).encode())

    def signals(self) -> list:
        """Return [(t_ms, signal, value), ...] so far."""
        text = self.log.read_text() if self.log.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        return scenario.parsed(whole.splitlines())

    def is_alive(self) -> bool:
        return self._board.poll() is None

    def wait(self, seconds: float):
        """Wait until the board has ended, so long at most."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._board.wait(seconds)

    def close(self):
        os.write(self._end, b"x")
        self._thread.join()
        self._board.kill()
        self._board.wait()
        for end in (self._wake, self._end, self._host, self._slave, self._tell, self._hear):
            if end is not None:
                os.close(end)
        self._board.stdin.close()
        self._board.stdout.close()

    def __exit__(self, *_):
        self.close()

    def _carry(self):
        """Carry bytes until the board or its owner ends it."""
        out = self._board.stdout.fileno()
        while True:
            ready, _, _ = select.select([self._host, out, self._hear, self._wake], [], [])
            if self._wake in ready:
                return
            if out in ready and not self._from_board(os.read(out, 4096)):
                return
            if self._hear in ready and os.read(self._hear, 1) and self._catches():
                os.kill(self._board.pid, signal.SIGINT)
            if self._host in ready:
                self._from_host(os.read(self._host, 4096))

    def _from_board(self, heard):
        if not heard:
            print(
                "the virtual board has ended: %s" % self._said.decode(errors="replace"),
                file=sys.stderr,
            )
            os.close(self._host)  # who talks to it must not wait for ever
            self._host = None
            return heard
        self._said = (self._said + heard)[-2_000:]
        os.write(self._host, heard)
        if self._hands:
            self._obey(heard)
        return heard

    def _obey(self, heard):
        self._seen = (self._seen + heard)[-200:]
        for text, row in HANDS:
            if text in self._seen:
                self._seen = b""
                os.write(self._tell, row.encode() + b"\n")

    def _from_host(self, typed):
        if CTRL_C in typed and self._catches():
            os.write(self._tell, b"C\n")
            typed = typed.replace(CTRL_C, b"")
        while typed:
            typed = typed[self._board.stdin.write(typed[:STEP]) :]

    def _catches(self):
        """Whether code runs that a Ctrl-C interrupts: MicroPython catches SIGINT just then."""
        try:
            text = Path("/proc/%d/status" % self._board.pid).read_text()
        except OSError:
            return False
        caught = next(line for line in text.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)
