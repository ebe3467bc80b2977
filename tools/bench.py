"""Measure what the design promises, as a table: bench.py [WHAT], see CHOICES.

Every figure comes from running the real firmware on MicroPython; each row names what made it.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from box import mpy, scenario

CHOICES = ("speed", "opening", "heap", "meter", "soak", "storage")
OPEN_LIMIT_MS = 30
SPEED_LIMIT = 200
HOUR_MS = 3_600_000
CYCLE_MS = 12_000
CAUSES = {  # name: (signal, value, offered amperes)
    "S2 opens": ("ev.cp_ohm", "2740", 32),
    "S2 opens at 6 A, the longest burst": ("ev.cp_ohm", "2740", 6),
    "unplugged": ("ev.cp_ohm", "open", 32),
    "pilot short": ("ev.cp_ohm", "0", 32),
    "diode lost": ("ev.diode", "0", 32),
    "earth lost": ("pe.ok", "0", 32),
}
SPEEDS = ((16, 0.01, "calm"), (32, 0.01, "calm"), (16, 0.2, "every tick"), (6, 0.2, "every tick"))
PLUG = [[5_000, "ev.cp_ohm", "2740"], [7_000, "ev.current_a", "16"], [7_000, "ev.cp_ohm", "882"]]


def play(rows, until_ms, folder, seed=1):
    out = Path(folder) / "signals.csv"
    failure = scenario.run(rows, out, seed, until_ms)
    if failure:
        sys.exit("bench: the box failed: %s" % failure)
    return scenario.load(out)


def opening_rows(cause, phases, noise_v):
    """Return (rows, moments): a car charged and lost once a cycle, each time at a random phase."""
    signal, value, amps = CAUSES[cause]
    chance = random.Random(cause)
    rows, moments = [[0, "cp.noise_v", str(noise_v)], [0, "limit.x", str(amps)], *PLUG], []
    for k in range(phases):
        start_ms = 20_000 + k * CYCLE_MS
        moments.append(start_ms + chance.uniform(0, 100))
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
    # the log counts whole milliseconds: half a one more is fair
    return [late + 0.5 - early for early, late in zip(moments, opened)]


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
    print(
        "| %-43s | %-34s | %-10s | %-4s | %s |" % (what, figure, limit, good, command), flush=True
    )
    return good != "NO"


def verdict(good):
    return "yes" if good else "NO"


def bench_speed(amps, noise_v, how):
    with tempfile.TemporaryDirectory() as folder:
        times = speed(amps, noise_v, folder)
    what = "an hour at %d A, times real time, %s" % (amps, how)
    if how != "calm":
        return row(what, "%.0f" % times, "-", "-", "make bench B=speed")
    good = verdict(times >= SPEED_LIMIT)
    return row(what, "%.0f" % times, ">= %d" % SPEED_LIMIT, good, "make bench B=speed")


def bench_opening(cause, phases):
    with tempfile.TemporaryDirectory() as folder:
        late = sorted(opening(cause, phases, folder))
    figure = "%.1f median, %.1f worst of %d" % (late[len(late) // 2], late[-1], phases)
    good = verdict(late[-1] <= OPEN_LIMIT_MS)
    return row("%s -> command off, ms" % cause, figure, "<= 30", good, "make bench B=opening")


def bench_heap():
    with tempfile.TemporaryDirectory() as folder:
        said, status = heap_of_tick(folder)
    return row(
        "heap of a control tick", said, "0 bytes", verdict(status == 0), "make bench B=heap"
    )


def instructions(ticks, folder):
    """Return what callgrind counts while a three-phase meter samples so many ticks."""
    out = Path(folder) / "callgrind.out"
    script = str(mpy.ROOT / "tools/sim/meter_cost.py")
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=%s" % out]
    command += [mpy.binary(), "-X", "heapsize=4M", script, str(ticks)]
    ran = subprocess.run(
        command, env=mpy.environment(), capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit("bench: callgrind failed: %s" % ran.stderr[-500:])
    return int(ran.stderr.rpartition("Collected :")[2].split()[0])


def bench_meter():
    if not shutil.which("valgrind"):
        return row("meter, instructions a tick", "valgrind is not installed", "-", "-", "-")
    with tempfile.TemporaryDirectory() as folder:
        few, many = (instructions(ticks, folder) for ticks in (1_000, 3_000))
    figure = "%d on the unix port" % ((many - few) // 2_000)
    what = "meter, instructions a tick, three phases"
    return row(what, figure, "-", "-", "make bench B=meter")


def bench_storage(part):
    """10,000 sessions, or a year of checkpoints: space, starting and working stay as they are."""
    child = mpy.start("storage_years.py", part, stdout=subprocess.PIPE)
    said = child.communicate()[0].strip()
    good = child.returncode == 0
    if good:
        told = json.loads(said)
        good = told["start_bytes"][1] <= told["start_bytes"][0] * 1.1
    return row("storage: " + part, said, "flat", verdict(good), "make bench B=storage")


def bench_soak(amps, hours):
    with tempfile.TemporaryDirectory() as folder:
        edges, seconds = false_openings(amps, hours, folder)
    what = "%d h at %d A, 50 mV noise, 1 %% spikes" % (hours, amps)
    figure = "%d false openings (ran %.0f s)" % (edges - 1, seconds)
    return row(what, figure, "0", verdict(edges == 1), "make bench B=soak")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("only", nargs="?", choices=CHOICES)
    options.add_argument("--hours", type=int, default=24)
    options.add_argument("--phases", type=int, default=1_000)
    chosen = options.parse_args()
    alone = [("speed", bench_speed, job) for job in SPEEDS]
    shared = [("soak", bench_soak, (amps, chosen.hours)) for amps in (6, 16)]
    shared += [("opening", bench_opening, (cause, chosen.phases)) for cause in CAUSES]
    shared += [("heap", bench_heap, ()), ("meter", bench_meter, ())]
    shared += [("storage", bench_storage, (part,)) for part in ("sessions", "checkpoints")]
    row("what", "figure", "must", "good", "made by")
    row("---", "---", "---", "---", "---")
    wanted = [[job for job in jobs if chosen.only in (None, job[0])] for jobs in (alone, shared)]
    good = [measure(*job) for _, measure, job in wanted[0]]
    with ThreadPoolExecutor(max_workers=2) as pool:  # one child a core; what is timed ran alone
        good += [task.result() for task in [pool.submit(m, *job) for _, m, job in wanted[1]]]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
