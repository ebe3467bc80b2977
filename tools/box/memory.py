"""How much heap a board's application takes, without a simulator beside it.

The compiled application runs from its slot on the MicroPython unix port with tools/sim/lean in
place of the chip, against a real broker, in a heap of a given size; everything is on that a
loopback allows: Home Assistant, plain topics, signed meter values, schedule, console, update. A
64-bit host needs about half as much again as the board does.
"""

import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path

from box import board as boards
from box import bundle, fleet_keys, publish
from box.brokers import Embedded
from box.compiled import VERSION, application, compiled
from box.firmware import BASE, first_files, version
from box.image import file_system
from box.mpy import ROOT, binary

RIG_KB = 28  # the lean machine and umqtt, measured by the run and asserted to be less
FLASH_MB = 8
TELEMETRY_S = 1
WISHES = {"schedule": "mo-su 00:00-24:00", "timezone": "CET-1CEST,M3.5.0,M10.5.0/3"}
NEXT = "9.0.0"  # version of the update
BUNDLE = "next.bundle"
IMAGE = "vfs.img"
LEAN = ROOT / "tools/sim/lean"
UMQTT = ROOT / "build/lib/umqtt/simple.py"


def new_box(name: str) -> tuple:
    """Return ({path: bytes} of a new box of this board, to run on this machine, facts, parts)."""
    board, parts = boards.load(name), application(name, "host")
    facts = bundle.facts(version(), board.NAME, board.CHIP, BASE, VERSION)
    files = first_files(name, facts, parts)
    files["umqtt/simple.mpy"] = umqtt()
    return files, facts, parts


def prepare(name: str, folder: Path) -> dict:
    """Return the files of a new box of this board, and leave its next release in folder."""
    files, facts, parts = new_box(name)
    fleet_keys.make(folder / "fleet.pem")
    key = fleet_keys.load(folder / "fleet.pem")
    files["update.key"] = (folder / "fleet.pem.pub").read_bytes()
    unsigned = bundle.unsigned({**facts, "version": NEXT}, parts)
    signed = bundle.sign(unsigned, lambda text: fleet_keys.signature(key, text))
    (folder / BUNDLE).write_bytes(signed)
    return files


def measure(heap_kb: int, files: dict, folder: Path) -> dict:
    """Run two sessions and an update of what prepare() returned in heap_kb beside the rig.

    Returns measure.py's figures. Raises RuntimeError with what the box said last, most likely a
    MemoryError.
    """
    with Embedded() as broker:
        host, port = broker.address
        config = {"broker_host": host, "broker_port": port, "telemetry_s": TELEMETRY_S, **WISHES}
        box = {**files, "config.json": json.dumps(config).encode()}
        (folder / IMAGE).write_bytes(file_system(box, FLASH_MB))
        child = run(heap_kb, folder)
        said = []
        for line in child.stdout:
            said.append(line)
            if line == "download\n":
                address = "mqtt://%s:%d" % broker.address
                threading.Thread(target=update, args=(address, folder), daemon=True).start()
        if child.wait():
            raise RuntimeError("".join(said).strip()[-1_000:])
    return json.loads(said[-1])


def update(address: str, folder: Path):
    content = (folder / BUNDLE).read_bytes()
    with publish.Peer(address, "box") as peer:
        try:
            publish.send(peer, content, NEXT, lambda have: None)
            publish.install(peer, False)
        except publish.Refused as wrong:
            print("update: %s" % wrong)


def umqtt() -> bytes:
    """It is part of a board's MicroPython, in flash; here it belongs to the rig."""
    text = UMQTT.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as place:
        return compiled(text, "simple.py", "host", Path(place) / "umqtt")


def rig(folder: Path) -> Path:
    """Leave the lean machine, compiled, in a folder of folder."""
    place = folder / "rig"
    place.mkdir(exist_ok=True)
    for path in LEAN.glob("*.py"):
        compiled(path.read_text("utf-8"), path.name, "host", place / path.stem)
        (place / path.name).unlink()
    return place


def run(heap_kb: int, folder: Path, *words) -> subprocess.Popen:
    """Start on_flash.py in heap_kb and what the rig takes; it prints to stdout."""
    place = str(rig(folder))
    command = [binary(), "-X", "heapsize=%dK" % (heap_kb + RIG_KB), "-m", "on_flash"]
    return subprocess.Popen(
        [*command, str(folder), place, *words],
        env={**os.environ, "MICROPYPATH": place},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
