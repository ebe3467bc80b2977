"""The REPL of the virtual board: the bytes that MicroPython's pyexec.c exchanges with mpremote.

Friendly prompt, raw REPL, raw paste and paste mode. MicroPython's own cannot be used: on the unix
port it waits for a byte inside a system call, where no control tick could run.
"""

import builtins
import io
import select
import sys

import micropython

A, B, C, D, E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
WINDOW = 128
RAW_BANNER = "raw REPL; CTRL-B to exit\r\n"
BANNER = "MicroPython %s; virtual board with MicroPython on unix\r\n"
HINT = 'Type "help()" for more information.\r\n'


class Reset(BaseException):
    """The chip starts anew. soft: asked for at the prompt."""


class Repl:
    """clockwork: clockwork.Clockwork. soft_reset(): restarts the firmware on the same chip."""

    def __init__(self, clockwork, soft_reset):
        self._clockwork = clockwork
        self._soft_reset = soft_reset
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poller = select.poll()
        self._poller.register(self._in, select.POLLIN)
        self._raw = False
        self.was_reset = False  # by the chip itself
        self._print = builtins.print
        builtins.print = self._cooked_print
        self._names = {}

    def run(self):
        """Talk for ever."""
        micropython.kbd_intr(-1)
        self._forget()
        self._greet()
        while True:
            try:
                (self._raw_command if self._raw else self._line)()
            except Reset:
                self._restart()

    def _cooked_print(self, *args, **named):
        """A board's stdout ends its lines with CR LF; binary output goes around this."""
        if "file" in named:
            return self._print(*args, **named)
        text = io.StringIO()
        self._print(*args, file=text, **named)
        self._say(text.getvalue().replace("\n", "\r\n"))

    def _say(self, text):
        self._out.write(text if isinstance(text, bytes) else text.encode())

    def _greet(self):
        if self._raw:
            self._say(RAW_BANNER)
        else:
            self._say(BANNER % sys.version.split("MicroPython ")[-1])
            self._say(HINT)

    def _forget(self):
        self._names.clear()
        self._names["__name__"] = "__main__"

    def _restart(self):
        if self.was_reset:  # a reset of the chip: the host finds a friendly prompt
            self.was_reset = self._raw = False
            self._say("\r\n")
        else:
            self._say("\r\nMPY: soft reboot\r\n")
            self._soft_reset()
        self._forget()
        self._greet()

    def _byte(self):
        while not self._poller.poll(5):
            if self.was_reset:
                raise Reset
        byte = self._in.read(1)
        if not byte:
            sys.exit()  # the host has gone
        return byte

    def _raw_command(self):
        self._say(">")
        line = b""
        while True:
            byte = self._byte()
            if byte == A:
                self._greet()
                return
            if byte == B:
                self._raw = False
                self._say("\r\n")
                self._greet()
                return
            if byte == E and not line:
                self._raw_paste()
                return
            if byte == C:
                line = b""
            elif byte == D:
                break
            else:
                line += byte
        self._say("OK")
        if not line:
            raise Reset
        self._run_raw(line)

    def _raw_paste(self):
        if self._byte() != b"A" or self._byte() != A:
            return
        self._say(b"R\x01" + bytes((WINDOW, 0)) + A)
        taken, room = [], WINDOW
        while True:
            byte = self._byte()
            if byte == D:
                break
            if byte == C:
                taken = []
            taken.append(byte)
            room -= 1
            if not room:
                self._say(A)
                room = WINDOW
        self._say(D)
        self._run_raw(b"".join(taken))

    def _run_raw(self, source):
        wrong = self._run(lambda: compile(source.decode(), "<stdin>", "exec"))
        self._say(D)
        self._say(wrong)
        self._say(D)

    def _run(self, compiled):
        """Compile and run. Return the traceback's text, or "". Raises Reset on sys.exit()."""
        clockwork, wrong = self._clockwork, None
        try:
            try:
                code = compiled()
                clockwork.begin()
                micropython.kbd_intr(3)
                exec(code, self._names)
            except Exception as problem:
                wrong = problem
            if clockwork.settle() and isinstance(wrong, MemoryError):
                wrong = KeyboardInterrupt()
        except SystemExit:
            raise Reset
        except BaseException as problem:
            wrong = problem
        finally:
            clockwork.caught()
            micropython.kbd_intr(-1)
        if self.was_reset:
            raise Reset
        return "" if wrong is None else traceback(wrong)

    def _line(self):
        """One statement at the friendly prompt."""
        self._say(">>> ")
        text = self._edit()
        while text is not None and is_open(text):
            self._say("... ")
            more = self._edit()
            text = None if more is None else text + "\n" + more
            if more == "":
                break
        if text and text.strip():
            self._say(self._run(lambda: statement(text)))

    def _edit(self):
        """Return a line, or None if something else than a line came."""
        line = ""
        while True:
            byte = self._byte()
            if byte in (b"\r", b"\n"):
                self._say("\r\n")
                return line
            if byte in (A, B, C, D, E):
                return self._control(byte, line)
            if byte in (b"\x08", b"\x7f"):
                if line:
                    line = line[:-1]
                    self._say("\x08 \x08")
            elif byte == b"\x1b":
                self._byte(), self._byte()  # cursor keys: this prompt has no history
            elif byte >= b" " or byte == b"\t":
                line += byte.decode()
                self._say(byte)
        return None

    def _control(self, byte, line):
        if byte == A:
            self._raw = True
            self._say("\r\n")
            self._greet()
        elif byte == B:
            self._say("\r\n")
            self._greet()
        elif byte == C:
            self._say("\r\n")
        elif byte == D and not line:
            raise Reset
        elif byte == E:
            return self._paste()
        return None

    def _paste(self):
        self._say("\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
        text = ""
        while True:
            byte = self._byte()
            if byte in (C, D):
                self._say("\r\n")
                if byte == D:
                    self._say(self._run(lambda source=text: compile(source, "<stdin>", "exec")))
                return None
            text += "\n" if byte == b"\r" else byte.decode()
            self._say("\r\n=== " if byte == b"\r" else byte)


def traceback(wrong):
    text = io.StringIO()
    sys.print_exception(wrong, text)
    return text.getvalue().replace("\n", "\r\n")


def is_open(text):
    """Return whether a statement wants more lines."""
    if sum(text.count(mark) for mark in "([{") > sum(text.count(mark) for mark in ")]}"):
        return True
    lines = text.split("\n")
    return text.rstrip().endswith(":") or (len(lines) > 1 and lines[-1].strip() != "")


def statement(text):
    """Compile a statement so that an expression shows its value."""
    try:
        compile(text, "<stdin>", "eval")
    except SyntaxError:
        return compile(text, "<stdin>", "exec")
    shown = "_ = (%s)\nif _ is not None:\n print(repr(_))" % text
    return compile(shown, "<stdin>", "exec")
