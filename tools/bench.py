"""Measure what the design promises and print it as a table: bench.py [--soak] [--phases N].

Every figure comes from running the real firmware on MicroPython; each row names what made it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from box import mpy, scenario

OPEN_LIMIT_MS = 30
SPEED_LIMIT = 200
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
CYCLE_MS = 12_000
CAUSES = {
    "S2 opens": ("ev.cp_ohm", "2740"),
    "unplugged": ("ev.cp_ohm", "open"),
    "pilot short": ("ev.cp_ohm", "0"),
    "diode lost": ("ev.diode", "0"),
    "earth lost": ("pe.ok", "0"),
}
PLUG = [[5_000, "ev.cp_ohm", "2740"], [7_000, "ev.current_a", "16"], [7_000, "ev.cp_ohm", "882"]]


def play(rows, until_ms, folder, seed=1):
    out = Path(folder) / "signals.csv"
    failure = scenario.run(rows, out, seed, until_ms)
    if failure:
        sys.exit("bench: the box failed: %s" % failure)
    return scenario.load(out)


def opening_rows(cause, phases, noise_v):
    """Return (rows, moments): a car charged and lost once a cycle, each time at another phase."""
    signal, value = CAUSES[cause]
    rows, moments = [[0, "cp.noise_v", str(noise_v)], *PLUG], []
    for k in range(phases):
        start_ms = 20_000 + k * CYCLE_MS
        moments.append(start_ms + k * 9.0 / phases + k % 7 / 7)
        rows.append([moments[-1], signal, value])
        rows += [[start_ms + 600, "ev.cp_ohm", "open"], [start_ms + 600, "ev.diode", "1"]]
        rows += [[start_ms + 600, "pe.ok", "1"], [start_ms + 1_500, "cmd.reset_faults", "1"]]
        rows += [[start_ms + 2_000, "ev.cp_ohm", "2740"], [start_ms + 7_000, "ev.cp_ohm", "882"]]
    return rows, moments


def opening(cause, phases, folder, noise_v=0.05):
    """Return the latencies from the cause to contactor.command 0, milliseconds."""
    rows, moments = opening_rows(cause, phases, noise_v)
    signals = play(rows, moments[-1] + 5_000, folder)
    opened = [t for t, name, value in signals if name == "contactor.command" and value == "0"]
    if len(opened) != phases:
        sys.exit("bench: %s: %d openings for %d causes" % (cause, len(opened), phases))
    return [late - early for early, late in zip(moments, opened)]


def false_openings(amps, hours, folder):
    """Return (closings, seconds of real time) of a car charged for hours of noise and spikes."""
    rows = [
        [0, "cp.noise_v", "0.05"],
        [0, "cp.spike_ppm", "10000"],
        [0, "limit.x", str(amps)],
        *PLUG,
    ]
    start = time.monotonic()
    signals = play(rows, hours * HOUR_MS, folder)
    edges = [value for _, name, value in signals if name == "contactor.command"]
    return len(edges), time.monotonic() - start


def speed(amps, noise_v, folder):
    """Return how many times faster than real time an hour of charging runs."""
    rows = [[0, "cp.noise_v", str(noise_v)], [0, "limit.x", str(amps)], *PLUG]
    start = time.monotonic()
    play(rows, HOUR_MS, folder)
    return 3_600 / (time.monotonic() - start)


def heap_of_tick(folder):
    child = mpy.start(
        "heap_of_tick.py", str(Path(folder) / "x.csv"), native=False, stdout=subprocess.PIPE
    )
    said = child.communicate()[0].strip()
    return said, child.returncode


def row(what, figure, limit, good, command):
    print("| %-44s | %-28s | %-10s | %-4s | %s |" % (what, figure, limit, good, command))
    return good == "yes"


def verdict(good):
    return "yes" if good else "NO"


def quick(folder, phases):
    good = True
    for cause in CAUSES:
        late = sorted(opening(cause, phases, folder))
        figure = "%.0f median, %.1f worst" % (late[len(late) // 2], late[-1])
        what = "%s -> command off, ms, %d phases" % (cause, phases)
        good &= row(what, figure, "<= 30", verdict(late[-1] <= OPEN_LIMIT_MS), "tools/bench.py")
    for amps, noise_v, how in (
        (16, 0.01, "calm"),
        (16, 0.2, "every tick"),
        (6, 0.2, "every tick"),
    ):
        times = speed(amps, noise_v, folder)
        limit = ">= %d" % SPEED_LIMIT if how == "calm" else "-"
        fast = verdict(times >= SPEED_LIMIT or how != "calm")
        good &= row(
            "an hour at %d A, times real time, %s" % (amps, how), "%.0f" % times, limit, fast, ""
        )
    said, status = heap_of_tick(folder)
    good &= row("heap of a control tick", said, "0 bytes", verdict(status == 0), "heap_of_tick.py")
    return good


def soak(folder, hours):
    good = True
    for amps in (16, 6):
        edges, seconds = false_openings(amps, hours, folder)
        what = "%d h at %d A, 50 mV noise, 1 %% spikes" % (hours, amps)
        figure = "%d false openings, %.0f s" % (edges - 1, seconds)
        good &= row(what, figure, "0", verdict(edges == 1), "tools/bench.py --soak")
    return good


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--soak", action="store_true", help="noise and spikes for --hours")
    options.add_argument("--hours", type=int, default=24)
    options.add_argument("--phases", type=int, default=1_000)
    chosen = options.parse_args()
    row("what", "figure", "must", "good", "made by")
    row("---", "---", "---", "---", "---")
    with tempfile.TemporaryDirectory() as folder:
        good = soak(folder, chosen.hours) if chosen.soak else quick(folder, chosen.phases)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
