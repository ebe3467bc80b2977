"""Tries one mutant in a forked child: the tests that cover its line, the likeliest killer first.

What is inside a function is changed in the modules that the tests have already imported, by its
code object. What runs on import needs all modules anew, so those children collect the tests again.
"""

import os
import signal
import sys
import types

import pytest
from _pytest.runner import runtestprotocol

TESTS = "tests/host/state"
QUICK_S = 0.15  # slower tests would only add to the score: a survivor runs all there are
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
# By itself pytest also takes *_test.py for tests and imports residual_test.py past Broken.
OPTIONS += ["-o", "python_files=test_*.py"]
SECONDS, TIMES = 1.5, 15  # of processor time that a test may take: so much, or so often its own
OURS = ("state", "test_", "pole", "conftest")


class Trials:
    """items: the collected tests by name. covering: {(file, line): names}. seconds: of each."""

    def __init__(self, items, covering, seconds):
        items = {name: item for name, item in items.items() if seconds[name] < QUICK_S}
        self._items = items
        self._covering = covering
        self._seconds = seconds
        self._killers = {}  # by function: the tests that killed there, the last one first

    def killer(self, mutant):
        """Return the name of the test that notices the mutant, "" if none does."""
        names = self._order(mutant)
        if not names:
            return ""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._try(mutant, names, writing)
        os.close(writing)
        said = b""
        while chunk := os.read(reading, 4_096):
            said += chunk
        os.close(reading)
        status = os.waitpid(child, 0)[1]
        killer = said.decode() or ("its end by signal %d" % status if status else "")
        if killer in self._items:
            self._remember(mutant, killer)
        return killer

    def _order(self, mutant):
        names = (
            self._covering.get((mutant.file, mutant.statement), ()) if mutant.function else None
        )
        names = [name for name in self._items if names is None or name in names]
        first = self._killers.get((mutant.file, mutant.function), [])
        last = len(first)
        rank = {name: k for k, name in enumerate(first)}
        names.sort(key=lambda name: (rank.get(name, last), self._seconds[name]))
        return names

    def _remember(self, mutant, killer):
        known = self._killers.setdefault((mutant.file, mutant.function), [])
        if killer in known:
            known.remove(killer)
        known.insert(0, killer)

    def _try(self, mutant, names, writing):
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            killer = self._run(mutant, names)
        except BaseException as error:
            killer = "the import: %r" % error
        os.write(writing, killer.encode())
        os._exit(0)

    def _run(self, mutant, names):
        code = mutant.code()
        if mutant.function and replace(code, mutant):
            return self._run_items(names)
        return self._run_anew(code, mutant, names)

    def _run_items(self, names):
        sys.modules["pole"].CHARGED.clear()
        for name in names:
            self._limit(name)
            reports = runtestprotocol(self._items[name], log=False, nextitem=None)
            if any(report.failed for report in reports):
                return name
        return ""

    def _run_anew(self, code, mutant, names):
        forget()
        sys.meta_path.insert(0, Broken("state." + mutant.file[:-3], code))
        picked = Picked(names, self._limit)
        ended = pytest.main([*OPTIONS, "-x", TESTS], plugins=[picked])
        return picked.failed or ("" if ended == 0 else "the collection")

    def _limit(self, name):
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS + TIMES * self._seconds[name])


def forget():
    """Let everything of the core and its tests be imported anew."""
    for module in list(sys.modules):
        if module.startswith(OURS):
            del sys.modules[module]


class Picked:
    """A plugin: these tests in this order, and which one failed."""

    def __init__(self, names, limit):
        self._rank = {name: k for k, name in enumerate(names)}
        self._limit = limit
        self.failed = ""

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid in self._rank]
        items.sort(key=lambda item: self._rank[item.nodeid])

    def pytest_runtest_setup(self, item):
        self._limit(item.nodeid)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed = report.nodeid


class Broken:
    """A finder that answers for one module with other code. given: names it finds defined."""

    def __init__(self, name, code, given=()):
        self._name, self._code, self._given = name, code, dict(given)

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name == self._name else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__dict__.update(self._given)
        exec(self._code, module.__dict__)


def replace(code, mutant):
    """Put the broken function's code into the living one. Return False if there is none."""
    owner = sys.modules["state." + mutant.file[:-3]]
    for name in mutant.function.split("."):
        owner = owner.__dict__.get(name)
        code = next((c for c in code.co_consts if is_code(c) and c.co_name == name), None)
        if owner is None or code is None:
            return False
    if not isinstance(owner, types.FunctionType) or code.co_freevars:
        return False
    owner.__code__ = code
    return True


def is_code(thing):
    return isinstance(thing, types.CodeType)
