"""One scenario on the real firmware under MicroPython, and questions about what it did."""

import json
import tempfile
from pathlib import Path

from box import scenario


class Played:
    """The signals of one run. values(name): [(t_ms, text), ...]; events: dicts, in order."""

    def __init__(self, path):
        self.rows = scenario.load(path)
        self.events = [json.loads(value) for _, name, value in self.rows if name == "event"]

    def values(self, name):
        return [(t_ms, value) for t_ms, signal, value in self.rows if signal == name]

    def at(self, name, t_ms):
        """Return the value in force at t_ms, or None."""
        value = None
        for moment, text in self.values(name):
            if moment > t_ms:
                break
            value = text
        return value

    def when(self, name, text, after_ms=0):
        """Return the first moment from after_ms on at which name becomes text."""
        for t_ms, value in self.values(name):
            if t_ms >= after_ms and value == text:
                return t_ms
        raise AssertionError("%s never becomes %s after %d ms" % (name, text, after_ms))

    def closings(self):
        """Return how often the contactor closed."""
        return len([value for _, value in self.values("contactor.closed") if value == "1"])

    def faults(self):
        """Return the codes of all faults there ever were."""
        return {code for _, value in self.values("fault") for code in value.split("+") if code}


def play(text, until_ms=None, seed=1, config=None, board="virtual"):
    """Play the rows of a scenario file. Return Played."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.csv"
        path.write_text(text)
        out = Path(folder) / "signals.csv"
        failure = scenario.run(scenario.read(path), out, seed, until_ms, config, board=board)
        assert not failure, failure
        return Played(out)
