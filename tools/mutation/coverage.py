"""Which test runs which statement of the core, and how long it takes: measured once.

The core's modules are compiled with a mark before every statement; that costs a third more time,
where a trace function costs five times as much.
"""

import ast
import os
import pickle
import sys
import time

import pytest

from mutation.trial import OPTIONS, TESTS, Broken, forget

PARTS = 2


class Marked(ast.NodeTransformer):
    """Puts HITS[line] = 1 before every statement of every block."""

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if isinstance(block, list) and not isinstance(node, ast.Module | ast.ClassDef):
                marks = [ast.parse("HITS[%d] = 1" % one.lineno).body[0] for one in block]
                block[:] = [one for pair in zip(marks, block) for one in pair]
        return node


class Measure:
    """A plugin: every second test, with the statements it ran and its processor time."""

    def __init__(self, part, hits):
        self._part, self._hits = part, hits
        self.found = []
        self.failed = ""

    def pytest_collection_modifyitems(self, items):
        items[:] = items[self._part :: PARTS]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        sys.modules["pole"].CHARGED.clear()
        for hits in self._hits.values():
            hits[:] = bytes(len(hits))
        began_s = time.process_time()
        result = yield
        spent_s = time.process_time() - began_s
        lines = [
            (file, n) for file, hits in self._hits.items() for n in range(len(hits)) if hits[n]
        ]
        self.found.append((item.nodeid, lines, spent_s))
        return result

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed = report.nodeid


def measured(folder):
    """Return ({(file, line): set of names}, {name: seconds}); two processes share the tests."""
    pipes = []
    for part in range(PARTS):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            with os.fdopen(writing, "wb") as file:
                pickle.dump(_part(part, folder), file)
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    covering, seconds = {}, {}
    for reading in pipes:
        with os.fdopen(reading, "rb") as file:
            found, failed = pickle.load(file)
        if failed:
            raise SystemExit("%s fails without any mutant" % failed)
        for name, lines, spent_s in found:
            seconds[name] = spent_s
            for line in lines:
                covering.setdefault(line, set()).add(name)
        os.wait()
    for path in folder.glob("*.py"):
        if path.name not in {file for file, _ in covering}:
            raise SystemExit("no test seems to run %s: its coverage was not measured" % path.name)
    return covering, seconds


def _part(part, folder):
    forget()
    hits = {}
    for path in folder.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        hits[path.name] = bytearray(source.count("\n") + 2)
        tree = ast.fix_missing_locations(Marked().visit(ast.parse(source)))
        code = compile(tree, str(path), "exec")
        sys.meta_path.insert(0, Broken("state." + path.stem, code, {"HITS": hits[path.name]}))
    measure = Measure(part, hits)
    pytest.main([*OPTIONS, TESTS], plugins=[measure])
    return measure.found, measure.failed
