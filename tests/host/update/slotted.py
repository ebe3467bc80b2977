"""A virtual box that runs from its flash: every line of the firmware comes out of a slot there.

The bench's own imports come from the sources; they are set aside while the box runs.
"""

import os
import sys

from bench import Bench

OWN = ("boot", "slots", "start_guard", "main", "version", "control", "exchange")
OWN += ("console", "board")
FOLDERS = ("state", "drivers", "cloud", "storage", "update", "energy")


def is_firmware(name):
    return name in OWN or name.split(".")[0] in FOLDERS or name in modules()


def modules():
    """Return the names of the sources beside boot.py."""
    for path in sys.path + [FIRMWARE]:
        if path.endswith("/firmware"):
            return [name.split(".")[0] for name in os.listdir(path) if "." in name]
    return []


FIRMWARE = [path for path in sys.path if path.endswith("/firmware")][0]


class Slotted(Bench):
    """root: folder of the flash. Use as a context: it changes where imports come from."""

    def __init__(self, root, board, values, out):
        Bench.__init__(self, board, values, 1, out)
        self._root = root
        self._before = None

    def __enter__(self):
        self._before = sys.path[:], os.getcwd(), dict(sys.modules)
        return self

    def __exit__(self, *_):
        path, folder, loaded = self._before
        forget()
        sys.path[:] = path
        os.chdir(folder)
        for name, module in loaded.items():
            sys.modules[name] = module
        self.signals.close()

    def _boot(self):
        forget()
        path = self._before[0]
        sys.path[:] = [self._root] + [p for p in path if p != FIRMWARE and "/boards/" not in p]
        os.chdir(self._root)
        import boot  # noqa: F401
        import slots
        import start_guard

        start_guard.run = self.compose
        start_guard.start(slots.current)

    def running(self):
        """Return the slot that runs."""
        import slots

        return slots.current.running


def forget():
    for name in list(sys.modules):
        if is_firmware(name):
            sys.modules.pop(name)
