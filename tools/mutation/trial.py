"""Tries one mutant in a forked child: the tests that run its line, the likeliest killer first."""

import pickle
import signal

from _pytest.runner import runtestprotocol

from mutation.anew import TESTS
from mutation.parallel import in_child, say

SECONDS, TIMES = 1.0, 10  # of processor time that a test may take: so much and so often its own
IMPORT_S = 3.0
IMPORT, ENDLESS = "an error on import", "the end of its process"  # killers that are no tests


class Trials:
    """Returns the name of the test that notices a mutant, "" if none does.

    covering: {(file, line): names of tests}. seconds: of each test.
    """

    def __init__(self, session, sources, covering, seconds):
        self._session, self._sources = session, sources
        self._covering, self._seconds = covering, seconds
        self._quick = sorted(seconds, key=seconds.get)
        self._killers = {}  # by function, and by file: the tests that killed there, newest first
        self._tried = 0

    def start(self):
        pass

    def __call__(self, mutant):
        names = self._order(mutant)
        killer = self._killer(mutant, names) if names else ""
        if killer in self._seconds:
            for where in ((mutant.file, mutant.function), mutant.file):
                known = self._killers.setdefault(where, [])
                if killer in known:
                    known.remove(killer)
                known.insert(0, killer)
        if not killer:
            say("survived: %s" % mutant)
        self._tried += 1
        if self._tried % 100 == 0:
            say("%d tried" % self._tried)
        return killer

    def _order(self, mutant):
        """Tests that killed in the same function, then in the same file, then the cheapest."""
        covering = self._covering.get((mutant.file, mutant.statement))
        names = [name for name in self._quick if covering is None or name in covering]
        known = self._killers.get((mutant.file, mutant.function), [])
        known = known + self._killers.get(mutant.file, [])
        rank = {name: k for k, name in reversed(list(enumerate(known)))}
        return sorted(names, key=lambda name: rank.get(name, len(known)))

    def _killer(self, mutant, names):
        said = in_child(lambda: pickle.dumps(self._run(mutant, names)))
        return pickle.loads(said) if said else ENDLESS

    def _run(self, mutant, names):
        try:
            return self._first_failing(mutant, names)
        except BaseException:
            return IMPORT

    def _first_failing(self, mutant, names):
        self._sources.codes["state." + mutant.file[:-3]] = mutant.code()
        first = names[0]
        items = self._collected(first.partition("::")[0])
        if first in items and self._fails(items[first]):
            return first
        items = self._collected(TESTS)
        for name in names[1:]:
            if name in items and self._fails(items[name]):
                return name
        return ""

    def _collected(self, place):
        signal.setitimer(signal.ITIMER_VIRTUAL, IMPORT_S)
        return {item.nodeid: item for item in self._sources.collect(self._session, place)}

    def _fails(self, item):
        seconds = SECONDS + TIMES * self._seconds[item.nodeid]
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        return failed(item)


def failed(item):
    """Run one test. Return whether it failed."""
    reports = runtestprotocol(item, log=False, nextitem=None)
    return any(report.failed for report in reports)
