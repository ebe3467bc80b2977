"""Recorded waveforms for the meter: t_ms,v1,i1[,v2,i2,v3,i3] in, what the firmware metered out."""

import json
import math
import subprocess
import tempfile
from array import array
from pathlib import Path

from box import mpy

NAMES = ("t_ms", "v1", "i1", "v2", "i2", "v3", "i3")
SLOWEST_HZ = 950  # a nominal 1 kHz
SHORTEST_MS = 15  # a period of 65 Hz
LONGEST_S = 3_600
BENT, ROUNDED = 0.6, 4  # steps off a straight line that are still even; the second for times
# so coarse that neighbours share one
RANGE = {"v": 360.0, "i": 55.0}  # peaks that the virtual sensors can show


class Wave:
    """columns: v1, i1, v2, ... as lists. times_ms: of each sample, starting at 0.

    step_ms: from sample to sample, or 0 where they are too uneven to have one. loop_ms: until the
    first sample returns. warning: "" or what the reader should know.
    """

    def __init__(self, times_ms, columns):
        start_ms, count = times_ms[0], len(times_ms)
        self.times_ms = [t - start_ms for t in times_ms]
        self.columns = columns
        self.phases = len(columns) // 2
        mean_ms = self.times_ms[-1] / (count - 1)
        self.loop_ms = mean_ms * count
        bent_ms = max(abs(t - k * mean_ms) for k, t in enumerate(self.times_ms))
        self.rises = all(a < b for a, b in zip(self.times_ms, self.times_ms[1:]))
        self.step_ms = mean_ms if bent_ms < mean_ms * (BENT if self.rises else ROUNDED) else 0
        self.warning = self._warning()

    def _warning(self):
        for k, column in enumerate(self.columns):
            name = NAMES[1 + k]
            peak = max(abs(value) for value in column)
            if peak > RANGE[name[0]]:
                limits = "%g is beyond the %g of the virtual sensor" % (peak, RANGE[name[0]])
                return "%s: %s: it saturates" % (name, limits)
        return ""


def read(path: Path, phases: int | None = None) -> Wave:
    """Return the file's first phases, all by default. Raises ValueError naming file and line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise ValueError("%s: %s" % (path, wrong)) from None
    places, rows = None, []
    for number, text in enumerate(lines, 1):
        cells = [cell.strip().strip('"') for cell in text.split(",")]
        if not any(cells) or text.lstrip().startswith("#"):
            continue
        try:
            if not rows and not _is_number(cells[0]):
                places = _header(cells) or places
                continue
            places = places or _by_count(cells)
            rows.append(_numbers(cells, places, rows))
        except ValueError as wrong:
            raise ValueError("%s:%d: %s" % (path, number, wrong)) from None
    try:
        return _wave(rows, phases)
    except ValueError as wrong:
        raise ValueError("%s: %s" % (path, wrong)) from None


def _header(cells):
    """Return where each known column is, or None if this line does not name them."""
    names = [cell.lower() for cell in cells]
    if "t_ms" not in names:
        return None
    known = [name for name in NAMES if name in names]
    if known != list(NAMES[: len(known)]) or len(known) % 2 == 0 or len(known) < 3:
        raise ValueError("columns are not t_ms,v1,i1[,v2,i2,v3,i3]: %s" % ",".join(cells))
    return [names.index(name) for name in known]


def _by_count(cells):
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) not in (3, 5, 7):
        raise ValueError("%d columns are not t_ms,v1,i1[,v2,i2,v3,i3]" % len(cells))
    return list(range(len(cells)))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(cells, places, rows):
    if len(cells) <= max(places):
        raise ValueError("%d columns where %d are needed" % (len(cells), max(places) + 1))
    values = []
    for place, name in zip(places, NAMES):
        if not _is_number(cells[place]):
            raise ValueError("%s: %r is not a number" % (name, cells[place]))
        values.append(float(cells[place]))
        if not math.isfinite(values[-1]) or abs(values[-1]) > 1e9:
            raise ValueError("%s: %s is no measured value" % (name, cells[place]))
    if rows and values[0] < rows[-1][0]:
        raise ValueError("t_ms: %g comes after %g: not sorted" % (values[0], rows[-1][0]))
    return values


def _wave(rows, phases):
    if len(rows) < 2:
        raise ValueError("no samples" if not rows else "one sample is no waveform")
    in_file = len(rows[0]) // 2
    if phases is not None and phases > in_file:
        raise ValueError("%d phases wanted, the file has %d" % (phases, in_file))
    span_ms = rows[-1][0] - rows[0][0]
    if span_ms < SHORTEST_MS:
        raise ValueError("%g ms are less than a period of the mains" % span_ms)
    rate_hz = (len(rows) - 1) / span_ms * 1_000
    if rate_hz < SLOWEST_HZ:
        raise ValueError("%.0f samples a second are less than 1000" % rate_hz)
    columns = list(zip(*rows))
    wave = Wave(columns[0], columns[1 : 1 + 2 * (phases or in_file)])
    if not wave.step_ms and not wave.rises:
        raise ValueError("t_ms: two samples of one moment, and too uneven to tell them apart")
    return wave


def measure(wave: Wave, seconds: float, seed: int = 1) -> dict:
    """Let the firmware meter the looped wave. Raises RuntimeError with what MicroPython said."""
    with tempfile.TemporaryDirectory() as folder:
        return _benched(_job(wave, seconds, seed, Path(folder)), Path(folder))


def run_session(rows: list, shape: str, seed: int = 1) -> list:
    """Let the firmware meter a profile, 2.7 s a row. Return the joules of each row.

    rows: [volts, amperes, watts, hertz]. shape: the car's current, a name of plant.ev_harmonics.
    """
    with tempfile.TemporaryDirectory() as folder:
        job = {"rows": rows, "shape": shape, "seed": seed, "phases": 1}
        return _benched(job, Path(folder))


def _benched(job, folder):
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    child = mpy.start(
        "meter_bench.py", str(path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = child.communicate()[0]
    if child.returncode:
        raise RuntimeError(said[-2_000:])
    return json.loads(said)


def _job(wave, seconds, seed, folder):
    columns = []
    for k, column in enumerate(wave.columns):
        path = folder / NAMES[1 + k]
        path.write_bytes(array("f", column).tobytes())
        columns.append(str(path))
    times = ""
    if not wave.step_ms:
        times = str(folder / "times")
        Path(times).write_bytes(array("d", [t * 1_000 for t in wave.times_ms]).tobytes())
    return {
        "seconds": seconds,
        "seed": seed,
        "phases": wave.phases,
        "count": len(wave.times_ms),
        "columns": columns,
        "times": times,
        "step_us": wave.step_ms * 1_000,
        "loop_us": wave.loop_ms * 1_000,
    }
