"""May this bundle be installed on this box? One row a reason to refuse it."""

import sys

MPY_MAJOR = 0xFF  # the low byte of _mpy


class Here:
    """What this box is. board, chip: of its board file. version: of the application that runs."""

    def __init__(self, board: str, chip: str, version: str):
        self.board = board
        self.chip = chip
        self.version = version
        self.base = tuple(sys.implementation.version[:3])
        self.mpy = getattr(sys.implementation, "_mpy", 0) & MPY_MAJOR


def check(facts: dict, here: Here):
    """Raise ValueError with the first reason to refuse. facts: a bundle's first line."""
    for name, mine in (("board", here.board), ("chip", here.chip)):
        check_same(name, facts[name], mine)
    check_newer(facts["version"], here.version)


def check_modules(facts: dict, here: Here):
    """Raise ValueError unless the MicroPython that stays can load what the bundle brings."""
    check_same("mpy", facts["mpy"], here.mpy)
    if numbers(facts["base"]) > here.base:
        mine = ".".join(str(part) for part in here.base)
        raise ValueError("bundle: wants MicroPython %s, this is %s" % (facts["base"], mine))


def check_same(name: str, theirs, mine):
    if theirs != mine:
        raise ValueError("bundle: for %s %s, this is %s" % (name, theirs, mine))


def check_newer(version, mine: str):
    """Raise ValueError unless version is above mine: an update never goes back."""
    if numbers(version) <= numbers(mine):
        raise ValueError("bundle: %s is not newer than %s" % (version, mine))


def numbers(version) -> tuple:
    """Return "1.2.0" as (1, 2, 0). Raises ValueError."""
    parts = version.split(".") if isinstance(version, str) else ()
    if len(parts) != 3 or not all(0 < len(part) <= 5 and part.isdigit() for part in parts):
        raise ValueError("bundle: %s is no version such as 1.2.0" % repr(version)[:40])
    return tuple(int(part) for part in parts)
