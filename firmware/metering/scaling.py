"""What calibration found out about this unit's meter, in a file beside the config.

It belongs to the box, like its identity: a factory reset of the owner's leaves it alone.
"""

import json
import os
from errno import ENOENT

from micropython import const

_VERSION = const(1)
# of a phase: name, (lowest, highest)
RANGES = (
    ("current_ppm", (500_000, 1_500_000)),  # of its size: a transformer may be mounted backwards
    ("voltage_ppm", (500_000, 1_500_000)),
    ("lead", (-5_000, 5_000)),
    ("noise", (0, 100)),
)


def checked(phases: list, expected: int) -> list:
    """Return phases, one dictionary a phase. Raises ValueError with one sentence."""
    if not isinstance(phases, list) or len(phases) != expected:
        raise ValueError("meter scaling: not of %d phases" % expected)
    for phase in phases:
        for name, (lowest, highest) in RANGES:
            value = phase.get(name) if isinstance(phase, dict) else None
            if type(value) is not int:
                raise ValueError("meter scaling %s: %r is not a whole number" % (name, value))
            size = abs(value) if name == "current_ppm" else value
            if not lowest <= size <= highest:
                raise ValueError(
                    "meter scaling %s: %d is not from %d to %d" % (name, value, lowest, highest)
                )
    return phases


def apply(meter, phases: list):
    """Let the meter count by these numbers."""
    for k in range(len(phases)):
        row = phases[k]
        meter.calibrate(k, row["current_ppm"], row["voltage_ppm"], row["lead"], row["noise"])


def restore(meter, path: str) -> str:
    """Apply what the file holds. Return "" or, if the meter keeps its nominal scaling, why."""
    if not hasattr(meter, "calibrate"):
        return ""
    try:
        with open(path) as file:
            stored = json.load(file)
        apply(meter, checked(stored.get("phases"), meter.phases))
    except OSError as wrong:
        return "" if wrong.errno == ENOENT else "%s: %s" % (path, wrong)
    except (ValueError, AttributeError) as wrong:
        return "%s: %s" % (path, wrong)
    return ""


def save(phases: list, path: str) -> bool:
    """Write beside and rename: a cut leaves the old file or the new one. Return True."""
    beside = path + ".new"
    with open(beside, "w") as file:
        json.dump({"version": _VERSION, "phases": phases}, file)
    os.rename(beside, path)
    return True
