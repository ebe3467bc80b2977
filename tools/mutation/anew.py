"""The core and its tests, imported anew with some of the core's modules changed.

Forked children do this: the parent keeps what Python and pytest have loaded, and the compiled
sources, so that a new world costs a tenth of a second.
"""

import importlib.abc
import importlib.machinery
import sys
from pathlib import Path

TESTS = "tests/host/state"
FOLDERS = ("firmware/state", "tests/host")


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of the core and of its tests in compiled form.

    codes: {name: code}, may be changed. given: {name: names it finds defined}.
    """

    def __init__(self, root: Path):
        self.codes = {}
        self.given = {}
        places = [str(root / folder) for folder in FOLDERS]
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if path and path.startswith(tuple(places)) and name != "conftest":
                source = Path(path).read_text(encoding="utf-8")
                self.codes[name] = compile(source, path, "exec")

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self.codes:
            return None
        file = self.codes[fullname].co_filename
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=file)
        spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__dict__.update(self.given.get(module.__name__, {}))
        exec(self.codes[module.__name__], module.__dict__)

    def collect(self, session, place=TESTS):
        """Return the tests of a place, after importing everything they need anew.

        Raises CollectionFailed if one of their files does not import.
        """
        for name in self.codes:
            sys.modules.pop(name, None)
            sys.modules.pop(name.partition(".")[0], None)  # its package keeps it as an attribute
        failures = Failures()
        session.config.pluginmanager.register(failures)
        items = session.perform_collect([place])
        session.config.pluginmanager.unregister(failures)
        if failures.places:
            raise CollectionFailed(failures.places[0])
        return items


class CollectionFailed(Exception):
    pass


class Failures:
    def __init__(self):
        self.places = []

    def pytest_collectreport(self, report):
        if report.failed:
            self.places.append(report.nodeid)
