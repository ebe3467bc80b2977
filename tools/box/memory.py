"""How much heap a board's application takes, without a simulator beside it.

The compiled application runs on the MicroPython unix port with tools/sim/lean in place of the
chip, against a real broker, in a heap of a given size. A 64-bit host needs about twice what the
board does.
"""

import json
import os
import subprocess
from pathlib import Path

from box.brokers import Embedded
from box.compiled import application, compiled
from box.mpy import ROOT, binary

MUST_KB = 200  # of design.md: stands for 100 KB on the board
RIG_KB = 18  # the lean machine's own part, measured by the run and asserted to be less
TELEMETRY_S = 1


def prepare(name: str, folder: Path):
    """Compile a board's application into folder/app, to run on this machine."""
    for path, content in application(name, "host").items():
        place = folder / "app" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    frozen(folder)


def measure(heap_kb: int, folder: Path) -> dict:
    """Run two sessions of what was prepared in heap_kb beside the rig.

    Returns measure.py's figures. Raises RuntimeError with what the box said last, most likely a
    MemoryError.
    """
    with Embedded() as broker:
        host, port = broker.address
        config = {"broker_host": host, "broker_port": port, "telemetry_s": TELEMETRY_S}
        (folder / "config.json").write_text(json.dumps(config))
        ran = subprocess.run(
            [binary(), "-X", "heapsize=%dK" % (heap_kb + RIG_KB), script(), "config.json"],
            env={**os.environ, "MICROPYPATH": paths(folder)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        raise RuntimeError((ran.stderr + ran.stdout).strip()[-1_000:])
    return json.loads(ran.stdout.splitlines()[-1])


def frozen(folder: Path):
    """umqtt is part of a board's MicroPython; here at least no source is compiled beside it."""
    place = folder / "app" / "umqtt" / "simple"
    place.parent.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "build/lib/umqtt/simple.py").read_text()
    place.with_suffix(".mpy").write_bytes(compiled(text, "simple.py", "host", folder / "umqtt"))


def script() -> str:
    return str(ROOT / "tools/sim/lean/measure.py")


def paths(folder: Path) -> str:
    """boot.py and slots.py are sources beside the application."""
    places = [ROOT / "tools/sim/lean", folder / "app", ROOT / "firmware"]
    return ":".join([*map(str, places), ".frozen"])
