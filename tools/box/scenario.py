"""Scenario files: t_ms,signal,value in, the box's signals out."""

import csv
import tempfile
from pathlib import Path

from box import mpy, signals, vcd

LOCAL_LIMITS = 8  # at once, as in firmware/state/records.py
LINGER_MS = 10_000  # after the last row, unless --until says otherwise
HEADER = ["t_ms", "signal", "value"]


def read(path: Path) -> list:
    """Return [[t_ms, signal, value], ...]. Raises ValueError naming file and line."""
    rows, last_ms, limits = [], 0.0, set()
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ValueError("%s: %s" % (path, wrong)) from None
    for number, text in enumerate(lines, 1):
        line = text.strip()
        if not line or line.startswith("#") or line.replace(" ", "").split(",") == HEADER:
            continue
        try:
            t_ms, signal, value = _row(line)
            if t_ms < last_ms:
                raise ValueError("t_ms: %g comes after %g: not sorted" % (t_ms, last_ms))
            _count(limits, signal, value)
        except ValueError as wrong:
            raise ValueError("%s:%d: %s" % (path, number, wrong)) from None
        last_ms = t_ms
        rows.append([t_ms, signal, value])
    return rows


def _count(limits, signal, value):
    """Keep the names of the local limits in force. Raises ValueError when the box has no place."""
    if not signal.startswith("limit."):
        return
    limits.discard(signal)
    if value != "none":
        limits.add(signal)
    if len(limits) > LOCAL_LIMITS:
        raise ValueError("%s: more than %d limits at once" % (signal, LOCAL_LIMITS))


def _row(line):
    """Split at the first two commas: a JSON value keeps its own; a quoted value is unquoted."""
    parts = [part.strip() for part in line.split(",", 2)]
    if len(parts) < 3:
        raise ValueError("%r is not t_ms,signal,value" % line)
    t_ms, signal, value = parts
    if value.startswith('"') and value.endswith('"') and signal.partition(".")[0] != "cmd":
        value = value[1:-1]
    elif value.startswith('"{""') or value.startswith('"[""'):
        value = next(csv.reader([value]))[0]
    moment = signals.plain(t_ms)
    if not 0 <= moment < 1e12:
        raise ValueError("t_ms: %r is not a time in milliseconds" % t_ms)
    try:
        signals.check(signal, value)
    except ValueError as wrong:
        raise ValueError("%s: %s" % (signal, wrong)) from None
    return moment, signal, value


def run(
    rows,
    out: Path,
    seed=1,
    until_ms: float | None = None,
    config=None,
    blackbox=None,
    board="virtual",
) -> str:
    """Play rows on the virtual box; leave its signals in out. Return "" or what went wrong.

    out is replaced only when the run succeeded. blackbox: path for the dump of the black box,
    which is empty if nothing froze it.
    """
    if until_ms is None:
        until_ms = (rows[-1][0] if rows else 0) + LINGER_MS
    with tempfile.TemporaryDirectory() as folder:
        beside = out.with_name(out.name + ".new")
        job = {
            "mode": "scenario",
            "rows": rows,
            "seed": seed,
            "until_ms": until_ms,
            "config": config or {},
            "out": str(beside.absolute()),
            "blackbox": str(blackbox.absolute()) if blackbox else "",
        }
        try:
            wrong = mpy.play(job, Path(folder), board=board)
            if not wrong:
                beside.replace(out)
        finally:
            beside.unlink(missing_ok=True)
        return wrong


def misplaced(path: Path, *targets: Path | None) -> str:
    """Return why a target cannot be written, or "": what is replaced is a file of its own."""
    taken = {path.resolve()}
    for target in targets:
        if target is None:
            continue
        if not target.absolute().parent.is_dir():
            return "%s: no such folder" % target.absolute().parent
        if target.exists() and not target.is_file():
            return "%s: not a file" % target
        if target.resolve() in taken:
            return "%s: named twice" % target
        taken.add(target.resolve())
    return ""


def load(path: Path) -> list:
    """Return [(t_ms, signal, value), ...] of a signals file."""
    with open(path, newline="", encoding="utf-8") as file:
        return parsed(file)


def parsed(lines) -> list:
    """Return [(t_ms, signal, value), ...] of a signals file's lines, the first being its head."""
    rows = csv.reader(lines)
    next(rows, None)
    return [(int(t_ms), signal, value) for t_ms, signal, value in rows]


def write_vcd(signals_path: Path, out: Path):
    out.write_text(vcd.dump(load(signals_path)), encoding="utf-8")
