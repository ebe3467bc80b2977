"""A dump of the black box, run again through the same core: does it decide the same?"""

import json
import sys
from pathlib import Path

from box.mpy import ROOT

sys.path.insert(0, str(ROOT / "firmware"))
from blackbox import FORMAT, TICK, cells, decisions, parts_of  # noqa: E402

from state import charging  # noqa: E402
from state.core import Core  # noqa: E402
from state.faults import CODES  # noqa: E402
from state.records import Inputs, Outputs  # noqa: E402
from state.settings import Settings  # noqa: E402


def read(path: Path):
    """Return (head, [(code, value), ...]) of a dump: one JSON value a line.

    Raises ValueError naming the file and what is wrong with it.
    """
    try:
        if not path.stat().st_size:
            raise ValueError("it is empty: no fault has frozen the black box")
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if not lines:
            raise ValueError("it is empty")
        head, pieces = lines[0], lines[1:]
        if head["format"] != FORMAT:
            raise ValueError("format %s, this tool reads %d" % (head["format"], FORMAT))
        flat = [number for piece in pieces for number in piece]
        return head, list(zip(flat[::2], flat[1::2]))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as wrong:
        raise ValueError("%s: not a dump of the black box: %s" % (path, wrong)) from None


class Replay:
    """head, entries: as read() gives them. Raises ValueError if the dump is of another core."""

    def __init__(self, head, entries):
        settings = Settings()
        for name, value in head["settings"].items():
            setattr(settings, name, value)
        self.inputs = Inputs()
        self.core = Core(settings, self.inputs)
        self.outputs = Outputs()
        self._cells = self._every_cell()
        if sorted(self._cells) != sorted(head["start"]):
            raise ValueError("the dump is of another version of the core")
        for path, value in head["start"].items():
            self._set(path, value)
        self._paths = head["codes"]
        self._decisions = decisions(self.core)
        self._recorded = {path: head["start"][path] for path, _, _ in self._decisions}
        self._entries = entries

    def run(self):
        """Yield (elapsed_ms, {path: value recorded}, {path: value now}) for every tick."""
        ticks = self._ticks()
        for elapsed_ms, inputs, recorded in ticks:
            for path, value in inputs:
                self._set(path, value)
            self._recorded.update(recorded)
            self.core.step(elapsed_ms, self.outputs)
            self.core.events.stamp(0)
            yield (
                elapsed_ms,
                dict(self._recorded),
                {path: int(getattr(owner, key)) for path, owner, key in self._decisions},
            )

    def _ticks(self):
        """Yield (elapsed_ms, [(input, value)], {decision: value}) from the flat entries."""
        tick = None
        for code, value in self._entries:
            if code == TICK:
                if tick:
                    yield tick
                tick = (value, [], {})
            elif self._paths[code - 1].startswith("inputs."):
                tick[1].append((self._paths[code - 1], value))
            else:
                tick[2][self._paths[code - 1]] = value
        if tick:
            yield tick

    def _every_cell(self):
        found = list(cells("inputs", self.inputs))
        for name, part in parts_of(self.core):
            found += cells(name, part)
        return {path: (owner, key) for path, owner, key in found}

    def _set(self, path, value):
        owner, key = self._cells[path]
        if isinstance(key, int):
            owner[key] = value
        else:
            setattr(owner, key, value)


def told(decision: dict) -> str:
    """Return one line about the decisions of a tick, in the field's words."""
    faults = [code for k, code in enumerate(CODES) if decision["protection.faults"] >> k & 1]
    rule = decision["charging.rule"]
    return "pilot %s, state %s by %s (%s), contactor %s, duty %.2f %%, faults: %s" % (
        "ABCDEF"[decision["pilot.letter"]],
        charging.NAMES[decision["charging.state"]],
        charging.SEQUENCES[rule],
        charging.why(rule),
        "closed" if decision["core.closing"] else "open",
        decision["duty.bp"] / 100,
        "+".join(faults) or "none",
    )
