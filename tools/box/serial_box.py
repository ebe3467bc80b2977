"""A box on a serial port, talked to through mpremote: facts out, files and settings in.

Never restarts the running application: that stays with whoever asked for it.
"""

import ast
import contextlib
import fcntl
import hashlib
from pathlib import Path

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports

PIECE = 256
TIMEOUT_S = 10


class PortError(Exception):
    """One sentence about the port or what is behind it."""


def check_port(port: str):
    """Raise PortError if there is no such port or somebody else uses it."""
    if not Path(port).exists():
        found = ", ".join(sorted(row.device for row in list_ports.comports())) or "none"
        raise PortError("%s: no such port; found: %s" % (port, found))
    try:
        with open(port, "rb+", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PortError("%s: busy: another program uses it" % port) from None
    except OSError as wrong:
        raise PortError("%s: %s" % (port, wrong.strerror or wrong)) from None


class SerialBox(contextlib.AbstractContextManager):
    """The box at port, in its raw REPL. Raises PortError when nobody answers."""

    def __init__(self, port: str):
        check_port(port)
        try:
            self._line = SerialTransport(port, timeout=TIMEOUT_S)
            self._line.enter_raw_repl(soft_reset=False)
        except (TransportError, OSError) as wrong:
            raise PortError("%s: no MicroPython answers (%s)" % (port, wrong)) from None

    def __exit__(self, *_):
        with contextlib.suppress(TransportError, OSError):
            self._line.exit_raw_repl()
        self._line.close()

    def ask(self, code: str):
        """Run code on the box; return what it printed, as a value.

        Raises PortError with the last line of a traceback.
        """
        try:
            said = self._line.exec(code).decode().strip()
        except TransportExecError as wrong:
            raise PortError(wrong.error_output.strip().splitlines()[-1]) from None
        except (TransportError, OSError) as wrong:
            raise PortError("the box stopped answering: %s" % wrong) from None
        return ast.literal_eval(said) if said else None

    def put(self, name: str, content: bytes, progress=None):
        """Write a file whole: beside, checked, renamed. progress(written, size) is told."""
        try:
            self._line.fs_writefile(name + ".new", content, PIECE, progress)
        except (TransportError, OSError) as wrong:
            raise PortError("%s: %s" % (name, wrong)) from None
        digest = self.ask(DIGEST % (name + ".new"))
        if digest != hashlib.sha256(content).hexdigest():
            raise PortError("%s: arrived damaged; try again" % name)
        self.ask("import os; os.rename(%r, %r)" % (name + ".new", name))


DIGEST = """
from binascii import hexlify
from hashlib import sha256
with open(%r, "rb") as file:
    print(repr(hexlify(sha256(file.read()).digest()).decode()))
"""
