"""A box as firmware/update sees it, on a folder instead of a flash."""

import os
import sys
import time
import types
import zlib
from base64 import b64encode

import pytest
import slots
from maker import FACTS, FILES, private_key, public
from version import VERSION

from box import bundle
from update import service


class Box:
    """What Updates wants of the box; its next life is start()."""

    def __init__(self, root):
        self.root = root
        self.quiet, self.why, self.restarting = True, "", 0
        self.now_ms = 0
        self.told = []
        self.resets = 0
        self.start()

    def start(self):
        self.snapshot = types.SimpleNamespace(version=0, letter=0, faults=0, session_number=0)
        self.slots = slots.Slots(str(self.root))
        self.slots.choose("")
        service.VERSION = slots.version_of(self.slots.path(self.slots.running))
        board = types.SimpleNamespace(NAME="virtual", CHIP="esp32s3")
        self.updates = service.Service(self.slots, board, self.snapshot, self, self)

    def is_quiet(self):
        return self.quiet

    def cloud_why(self):
        return self.why

    def tell(self, event):
        self.told.append(event)

    def secured(self, raw, host):
        raise OSError("no TLS here")

    def restart(self):
        self.resets += 1

    def turns(self, count=50, span_ms=50):
        for _ in range(count):
            self.snapshot.version += 2
            self.now_ms += span_ms
            self.updates.poll(self.now_ms)

    def begin(self, content, version="0.9.0"):
        value = {"version": version, "size": len(content), "sha256": "0" * 64}
        return self.updates.ask("begin", value)

    def piece(self, content, at, size=1_024):
        part = content[at : at + size]
        text = b64encode(part).decode()
        value = {"at": at, "crc32": zlib.crc32(part), "base64": text}
        return self.updates.ask("piece", value)

    def download(self, content, version="0.9.0"):
        self.begin(content, version)
        for at in range(0, len(content), 1_024):
            self.piece(content, at)

    def files(self):
        """Everything on the flash but the notes of the download itself."""
        found = {p.relative_to(self.root): p.read_bytes() for p in self.root.rglob("*.*")}
        return {str(name): content for name, content in found.items()}


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A box that runs from slot a and knows the fleet's key."""
    monkeypatch.setattr(sys.implementation, "_mpy", 6, raising=False)
    monkeypatch.setattr(os, "ilistdir", ilistdir, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)
    facts = {**FACTS, "version": VERSION}
    for name, content in bundle.slot_files(facts, FILES).items():
        path = tmp_path / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "update.key").write_bytes(public(private_key()))
    return Box(tmp_path)


def ilistdir(path):
    """MicroPython's, of which update/ uses name and kind."""
    return [(entry.name, 0x4000 if entry.is_dir() else 0x8000) for entry in os.scandir(path)]
