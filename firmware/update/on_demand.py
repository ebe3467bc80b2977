"""Updates of a box at rest: the service is loaded when an update begins, or is still under way.

A box is updated a few times a year. Loading blocks the interpreter, so it happens at the start or
while the contactor is open, as all that an update does.
"""

import os

from micropython import const
from unloading import unload
from version import VERSION

from update.constants import LATER, NOTE, PIECE_BYTES

_LOADED = const(("update.service", "update.download", "update.spare"))


class Updates:
    """chosen, board, snapshot, requests, box: those of update.service.Service."""

    def __init__(self, chosen, board, snapshot, requests, box):
        self._parts = (chosen, board, snapshot, requests, box)
        self._box = box
        self._service = None
        if chosen.is_on_trial() or NOTE in os.listdir(chosen.root or "."):
            self._load()

    @property
    def phase(self) -> str:
        return self._service.phase if self._service else "idle"

    def report(self) -> dict:
        """Return the words of Home Assistant's update entity, and our phase and why."""
        if self._service:
            return self._service.report()
        return {
            "installed_version": VERSION,
            "latest_version": VERSION,
            "in_progress": False,
            "update_percentage": None,
            "phase": "idle",
            "why": "",
        }

    def ask(self, verb: str, value) -> dict:
        """Carry out the command update/<verb>. Return what its reply tells, raise ValueError."""
        service = self._service
        if service is None:
            if verb == "status":
                told = self.report()
                told.update({"have": 0, "size": 0, "sha256": "", "piece": PIECE_BYTES})
                return told
            if not self._box.is_quiet():
                raise ValueError(LATER)
            service = self._load()
        return service.ask(verb, value)

    def poll(self, now_ms: int):
        """Give the service its turn; let go of it when it has nothing to do."""
        if self._service is None:
            return
        self._service.poll(now_ms)
        if self._service.phase == "idle":
            self._service = None
            for name in _LOADED:
                unload(name)

    def _load(self):
        from update.service import Service

        self._service = Service(*self._parts)
        return self._service
