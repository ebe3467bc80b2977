"""make mutation: all files, or the named ones; exit 1 under 95 % or on a survivor unexplained.

EVERY=10 in the environment takes a sample: every tenth mutant of all files in their order.
"""

import os
import pickle
import sys
import time
from pathlib import Path

import pytest

from mutation import coverage, report
from mutation.mutants import mutants
from mutation.trial import OPTIONS, QUICK_S, TESTS, Trials

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "firmware" / "state"
FEW_EXAMPLES = "8"  # of each property, per mutant
WORKERS = 2
EVERY = int(os.environ.get("EVERY", "1"))


class Loop:
    """A plugin that takes the place of the run of the collected tests."""

    def __init__(self, files):
        self._files = files
        self.results = []
        self.seconds = 0

    def pytest_runtestloop(self, session):
        began_s = time.monotonic()
        items = {item.nodeid: item for item in session.items}
        covering, seconds = coverage.measured(STATE)
        say("coverage of %d tests: %d s" % (len(items), time.monotonic() - began_s))
        quick = [spent_s for spent_s in seconds.values() if spent_s < QUICK_S]
        say("%d of them are quick: %.1f s together" % (len(quick), sum(quick)))
        jobs = [mutant for path in self._files for mutant in mutants(path)]
        jobs, count = jobs[::EVERY], len(jobs)
        say("%d of the %d mutants of %d files" % (len(jobs), count, len(self._files)))
        self.results = shared(jobs, lambda: Trials(items, covering, seconds))
        self.seconds = time.monotonic() - began_s
        return True


def say(text):
    print(text, file=sys.__stdout__, flush=True)


def shared(jobs, trials):
    """Return [(mutant, killer), ...]; the workers take turns, so that both see every file."""
    pipes = []
    for part in range(WORKERS):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            with os.fdopen(writing, "wb") as file:
                work(jobs, range(part, len(jobs), WORKERS), trials(), file)
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    results = []
    for reading in pipes:
        with os.fdopen(reading, "rb") as file:
            for index, killer in pickle.load(file):
                results.append((jobs[index], killer))
        os.wait()
    return results


def work(jobs, indices, trials, file):
    found = []
    for index in indices:
        killer = trials.killer(jobs[index])
        if not killer:
            say("survived: %s" % jobs[index])
        found.append((index, killer))
        if index % 50 < WORKERS:
            say("%d of %d, %d s" % (index, len(jobs), time.process_time()))
    pickle.dump(found, file)


def main(names):
    os.chdir(ROOT)
    os.environ["MUTATING"] = FEW_EXAMPLES
    files = [STATE / name for name in names] or sorted(STATE.glob("*.py"))
    loop = Loop(files)
    pytest.main([*OPTIONS, "-s", TESTS], plugins=[loop])
    if not loop.results:
        print("nothing was tried")
        return 1
    return report.told(loop.results, loop.seconds, every=0 if names else EVERY)


sys.exit(main(sys.argv[1:]))
