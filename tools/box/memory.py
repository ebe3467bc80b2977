"""How much heap a board's application takes, without a simulator beside it.

The compiled application runs from its slot on the MicroPython unix port with tools/sim/lean in
place of the chip, against a real broker, in a heap of a given size; everything is on that a
loopback allows: Home Assistant, plain topics, signed meter values, the console, an update. A
64-bit host needs about twice what the board does.
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
from box.mpy import ROOT, binary

MUST_KB = 200  # the goal: stands for 100 KB on the board
RIG_KB = 24  # the lean machine and umqtt, measured by the run and asserted to be less
ROOMY_KB = 1_000
TELEMETRY_S = 1
NEXT = "9.0.0"  # version of the update
BUNDLE = "next.bundle"


def lay_out(name: str, folder: Path) -> tuple:
    """Put the files of a new box of this board into folder, to run on this machine.

    Returns (facts, parts) of its application.
    """
    board, parts = boards.load(name), application(name, "host")
    facts = bundle.facts(version(), board.NAME, board.CHIP, BASE, VERSION)
    for path, content in first_files(name, facts, parts).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    frozen(folder)
    return facts, parts


def composed_bytes(name: str) -> int:
    """Return what a board's application holds on this machine before its first tick.

    Raises RuntimeError with what the box said last.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lay_out(name, folder)
        (folder / "config.json").write_text("{}")
        ran = subprocess.run(
            [binary(), "-X", "heapsize=%dK" % ROOMY_KB, script(), "composed"],
            env={**os.environ, "MICROPYPATH": paths(folder)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        raise RuntimeError((ran.stderr + ran.stdout).strip()[-1_000:])
    figures = json.loads(ran.stdout.splitlines()[-1])
    return figures["composed"] - figures["rig"]


def prepare(name: str, folder: Path):
    """Lay out a new box of this board in folder, to run on this machine, and its next release."""
    facts, parts = lay_out(name, folder)
    fleet_keys.make(folder / "fleet.pem")
    key = fleet_keys.load(folder / "fleet.pem")
    (folder / "fleet.pem.pub").rename(folder / "update.key")
    unsigned = bundle.unsigned({**facts, "version": NEXT}, parts)
    signed = bundle.sign(unsigned, lambda text: fleet_keys.signature(key, text))
    (folder / BUNDLE).write_bytes(signed)


def measure(heap_kb: int, folder: Path) -> dict:
    """Run two sessions and an update of what was prepared in heap_kb beside the rig.

    Returns measure.py's figures. Raises RuntimeError with what the box said last, most likely a
    MemoryError.
    """
    with Embedded() as broker:
        host, port = broker.address
        config = {"broker_host": host, "broker_port": port, "telemetry_s": TELEMETRY_S}
        (folder / "config.json").write_text(json.dumps(config))
        for left in ("update.part", "update.json", "slots.json", "meter.key", "journal.raw"):
            (folder / left).unlink(missing_ok=True)
        child = subprocess.Popen(
            [binary(), "-X", "heapsize=%dK" % (heap_kb + RIG_KB), script()],
            env={**os.environ, "MICROPYPATH": paths(folder)},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
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


def frozen(folder: Path):
    """umqtt is part of a board's MicroPython, in flash; here it belongs to the rig."""
    place = folder / "umqtt" / "simple"
    place.parent.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "build/lib/umqtt/simple.py").read_text()
    place.with_suffix(".mpy").write_bytes(compiled(text, "simple.py", "host", folder / "umqtt"))


def script() -> str:
    return str(ROOT / "tools/sim/lean/measure.py")


def paths(folder: Path) -> str:
    return ":".join([str(ROOT / "tools/sim/lean"), str(folder), ".frozen"])
