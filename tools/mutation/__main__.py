"""make mutation: all files, or the named ones; exit 1 under 95 % or on a survivor unexplained.

EVERY=10 in the environment takes a sample: every tenth mutant of all files in their order.
"""

import gc
import os
import resource
import sys
import time
from pathlib import Path

import pytest

from mutation import coverage, report
from mutation.anew import TESTS, Sources
from mutation.mutants import mutants
from mutation.parallel import say, shared
from mutation.trial import Trials

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "firmware" / "state"
FEW_EXAMPLES = "8"  # of each property, per mutant
EVERY = int(os.environ.get("EVERY", "1"))
OPTIONS = ["-q", "-s", "--assert=plain"]
OPTIONS += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]


class Loop:
    """A plugin that takes the place of the run of the collected tests."""

    def __init__(self, files):
        self._files = files
        self.results = []
        self.seconds = 0

    def pytest_runtestloop(self, session):
        began_s = time.monotonic()
        jobs = [mutant for path in self._files for mutant in mutants(path)]
        jobs, count = jobs[::EVERY], len(jobs)
        say("%d of the %d mutants of %d files" % (len(jobs), count, len(self._files)))
        sources = Sources(ROOT)
        sys.meta_path.insert(0, sources)
        gc.freeze()  # what is loaded stays shared with the children
        covering, seconds = coverage.measured(session, sources, STATE)
        say(
            "%d quick tests of %d, %.1f s"
            % (len(seconds), len(session.items), sum(seconds.values()))
        )
        say("coverage: %d s, %d s of processor time" % (time.monotonic() - began_s, processor_s()))
        trials = Trials(session, sources, covering, seconds)
        self.results = list(zip(jobs, shared(jobs, trials)))
        self.seconds = time.monotonic() - began_s
        return True


def processor_s():
    """Return the processor time of this process and all it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(names):
    os.chdir(ROOT)
    os.environ["MUTATING"] = FEW_EXAMPLES
    files = [STATE / name for name in names] or sorted(STATE.glob("*.py"))
    loop = Loop(files)
    pytest.main([*OPTIONS, TESTS], plugins=[loop])
    if not loop.results:
        print("nothing was tried")
        return 1
    cost = (loop.seconds, processor_s(), coverage.QUICK_S)
    return report.told(loop.results, cost, every=0 if names else EVERY)


sys.exit(main(sys.argv[1:]))
