"""Which test runs which statement of the core, and how long it takes: measured once.

The core's modules are compiled with a mark before every statement; that costs a third more time,
where a trace function costs five times as much.
"""

import ast
import pickle
import signal
import time

from mutation.parallel import in_child, shared
from mutation.trial import failed

QUICK_S = 0.06  # of processor time; a test slower than that would only add to the score
PATIENCE_S = 0.2  # for its first run, in which a box still has to come to charge


class Marked(ast.NodeTransformer):
    """Puts HITS[line] = 1 before every statement of every block of a function. lines: where."""

    def __init__(self):
        self.lines = set()

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if isinstance(block, list) and not isinstance(node, ast.Module | ast.ClassDef):
                self.lines.update(one.lineno for one in block)
                marks = [ast.parse("HITS[%d] = 1" % one.lineno).body[0] for one in block]
                block[:] = [one for pair in zip(marks, block) for one in pair]
        return node


def measured(session, sources, folder):
    """Return ({(file, line): set of names}, {name: seconds}) of the quick tests.

    Lines outside of functions are not among them: they run when their file is imported.
    """
    names = [item.nodeid for item in session.items]
    covering, seconds = {}, {}
    for path in folder.glob("*.py"):
        covering.update({(path.name, line): set() for line in marked(path)[1]})
    for name, found in zip(names, shared(names, Run(session, sources, folder))):
        if not found:
            continue
        fails, lines, seconds[name] = found
        if fails:
            raise SystemExit("%s fails without any mutant" % name)
        for line in lines:
            covering[line].add(name)
    for path in folder.glob("*.py"):
        tests = [names for (file, _), names in covering.items() if file == path.name]
        if tests and not any(tests):
            raise SystemExit("no test seems to run %s: its coverage was not measured" % path.name)
    return covering, seconds


def marked(path):
    """Return (the tree of a file with its marks, their lines)."""
    marker = Marked()
    tree = marker.visit(ast.parse(path.read_text(encoding="utf-8")))
    return ast.fix_missing_locations(tree), marker.lines


class Run:
    """Runs a test by name with marks in the core.

    Returns (whether it failed, lines, seconds), or None if it is too slow.
    """

    def __init__(self, session, sources, folder):
        self._session, self._sources, self._folder = session, sources, folder
        self._items = {}
        self._hits = {}

    def start(self):
        for path in self._folder.glob("*.py"):
            tree, lines = marked(path)
            hits = self._hits[path.name] = bytearray(max(lines, default=0) + 1)
            self._sources.codes["state." + path.stem] = compile(tree, str(path), "exec")
            self._sources.given["state." + path.stem] = {"HITS": hits}
        self._items = {item.nodeid: item for item in self._sources.collect(self._session)}

    def __call__(self, name):
        said = in_child(lambda: pickle.dumps(self._run(self._items[name])))
        return pickle.loads(said) if said else None

    def _run(self, item):
        """Once for the lines, once for the time: by then poles have kept their charging box."""
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE_S)  # its signal ends this process
        fails = failed(item)
        lines = [
            (file, n) for file, hits in self._hits.items() for n in range(len(hits)) if hits[n]
        ]
        signal.setitimer(signal.ITIMER_VIRTUAL, QUICK_S)
        began_s = time.process_time()
        failed(item)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return fails, lines, time.process_time() - began_s
