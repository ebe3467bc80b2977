"""The guided calibration of a meter from a computer, over anything that can call the box."""

import json
import subprocess
import tempfile
from pathlib import Path

from box import mpy
from box.repl_line import mpremote

ANSWER_S = 90  # a step takes 20 s of the box's time


class Refused(Exception):
    """The box's own sentence: the step wants another answer."""


def guide(call, ask, tell):
    """Go through the steps until the box says it is done.

    call(numbers) -> text: console.calibrate(*numbers) on the box; Refused where it refuses.
    ask(prompt) -> [number, ...] from a person. tell(text): what a person should see.
    """
    said = call([])
    while not said.startswith("Done"):
        try:
            said = call(ask(said))
        except Refused as refused:
            tell(str(refused))
    tell(said)


def numbers(text: str, phases: int) -> list:
    """Return the numbers of an answer like `230.1 230.4 229.8`. Raises ValueError."""
    words = text.replace(",", " ").split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise ValueError("%r are not numbers" % text) from None
    if len(values) not in (1, phases):
        raise ValueError("%d numbers where one, or %d, are needed" % (len(values), phases))
    return values * phases if len(values) == 1 else values


class PortBox:
    """A running box at its REPL, which goes on charging meanwhile."""

    def __init__(self, port: str):
        self._command = mpremote(port, "exec")

    def call(self, values: list) -> str:
        """Answer a step. Raises Refused, OSError if the box is silent."""
        said = "import console; console.calibrate(%s)" % ", ".join("%g" % v for v in values)
        try:
            ran = subprocess.run(
                [*self._command, said],
                check=False,
                capture_output=True,
                text=True,
                timeout=ANSWER_S,
            )
        except subprocess.TimeoutExpired:
            raise OSError("no answer in %d s" % ANSWER_S) from None
        if ran.returncode:
            raise OSError((ran.stderr or ran.stdout).strip()[-200:])
        text = ran.stdout.strip()
        if text[:2] not in ("1/", "2/", "3/", "Do"):
            raise Refused(text)
        return text

    def close(self):
        pass


class VirtualBox:
    """A unit on its bench, with a source that does what each step asks. Close it after use."""

    def __init__(self, seed: int, phases: int):
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "job.json"
        path.write_text(json.dumps({"guide": True, "seed": seed, "phases": phases}))
        self._child = mpy.start(
            "meter_bench.py",
            str(path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder.name,
        )

    def call(self, values: list) -> str:
        """Answer a step as console.calibrate does. Raises Refused."""
        self._child.stdin.write(json.dumps(values) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise OSError("the virtual box has stopped")
        said, refused = json.loads(line)
        if refused:
            raise Refused(refused)
        return said

    def close(self):
        self._child.stdin.close()
        self._child.wait()
        self._folder.cleanup()
