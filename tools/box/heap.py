"""The least heap in which a board's application lives, both ways onto a chip, on 32 bits.

The application runs on MicroPython 1.25.0 with a chip's word size (box.interpreter), frozen into
it or as modules from a slot, with tools/sim/lean in place of the chip, against a real broker, with
everything on that a loopback allows. It lives when its results are right: two charges, every event
and record at the broker, an update that ends in its restart. What the rig holds is taken off.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from box import board as boards
from box import bundle, fleet_keys, image, publish
from box.brokers import Embedded, Listener
from box.compiled import VERSION, compiled, sources
from box.firmware import BASE, first_files, version
from box.interpreter import Missing, interpreter
from box.mpy import ROOT

WAYS = ("frozen", "modules")
MOST_KB = {"frozen": 80, "modules": 180}  # design: the goals are 75 and 175
STEP_KB = 2
ROOMY_KB = 1_000
TIMEOUT_S = 300
PIECE_BYTES = 200  # of each module in the update: its size costs time, its files cost memory
X86 = "x86"  # the 32-bit interpreter's own machine code, where the chip has Xtensa's
TELEMETRY_S = 1
WISHES = {"schedule": "mo-su 00:00-24:00", "timezone": "CET-1CEST,M3.5.0,M10.5.0/3"}
NEXT = "9.0.0"  # version of the update
BUNDLE, IMAGE = "next.bundle", "vfs.img"
FLASH_MB = 8  # two slots of modules want it, whatever the board has
LEAN = ROOT / "tools/sim/lean"
SESSIONS = 2
TOLD = ("event", "telemetry", "state", "homeassistant", "plain")


class Dead(Exception):
    """Why the application does not live in a heap."""


class Box:
    """A board's application as files of a new box, its next release, and the compiled rig.

    without: "update", to leave it out.
    """

    def __init__(self, board: str, folder: Path, without: str = ""):
        self.board, self.folder = board, folder
        self._words = ("live", "session") if without else ("live",)
        parts = {
            name.removesuffix(".py") + ".mpy": self._compiled(path.read_text("utf-8"), name)
            for name, path in sources(board).items()
        }
        described = boards.load(board)
        facts = bundle.facts(version(), described.NAME, described.CHIP, BASE, VERSION)
        fleet_keys.make(folder / "fleet.pem")
        key = fleet_keys.load(folder / "fleet.pem")
        self.files = first_files(board, facts, parts)
        self.files["update.key"] = (folder / "fleet.pem.pub").read_bytes()
        short = {name: content[:PIECE_BYTES] for name, content in parts.items()}
        unsigned = bundle.unsigned({**facts, "version": NEXT}, short)
        signed = bundle.sign(unsigned, lambda text: fleet_keys.signature(key, text))
        (folder / BUNDLE).write_bytes(signed)
        self.rig = folder / "rig"
        self.rig.mkdir()
        for path in LEAN.glob("*.py"):
            code = self._compiled(path.read_text("utf-8"), path.name)
            (self.rig / path.name).with_suffix(".mpy").write_bytes(code)
        self.binaries = {way: interpreter(board if way == "frozen" else "") for way in WAYS}

    def _compiled(self, text, name):
        return compiled(text, name, X86, self.folder / "module")

    def composed(self, way: str) -> dict:
        """Return what is held before the first tick, in bytes: rig, composed, and by module."""
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            child = self._start(way, ROOMY_KB * 1_024, Path(place), {}, "composed", "weigh")
            said = child.communicate(timeout=TIMEOUT_S)[0]
        if child.returncode:
            raise Dead(said.strip()[-1_000:])
        return json.loads(said.splitlines()[-1])

    def live(self, way: str, heap: int):
        """Run two charges and an update in so many bytes of heap. Raises Dead."""
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch, Embedded() as broker:
            place, heard = Path(scratch), Path(scratch) / "mqtt.jsonl"
            with Listener(broker.address, heard):
                host, port = broker.address
                config = {"broker_host": host, "broker_port": port, "telemetry_s": TELEMETRY_S}
                child = self._start(way, heap, place, {**config, **WISHES}, *self._words)
                watch = threading.Timer(TIMEOUT_S, child.kill)
                watch.start()
                said = self._play(child, broker)
                watch.cancel()
            if child.returncode < 0:
                raise Dead("not done after %d s" % TIMEOUT_S)
            if child.returncode:
                raise Dead(said.strip()[-1_000:])
            check(json.loads(said.splitlines()[-1]), heard, "session" in self._words)

    def _play(self, child, broker):
        said, helper = [], None
        for line in child.stdout:
            said.append(line)
            if line == "download\n":
                address = "mqtt://%s:%d" % broker.address
                helper = threading.Thread(target=self._send_update, args=(address,), daemon=True)
                helper.start()
        child.wait()
        return "".join(said)

    def _send_update(self, address):
        content = (self.folder / BUNDLE).read_bytes()
        with publish.Peer(address, "box") as peer:
            try:
                publish.send(peer, content, NEXT, lambda have: None)
                publish.install(peer, False)
            except publish.Refused as wrong:
                print("update: %s" % wrong, file=sys.stderr)

    def _start(self, way, heap, place, config, *words):
        files = {**self.files, "config.json": json.dumps(config).encode()}
        (place / IMAGE).write_bytes(image.file_system(files, FLASH_MB))
        command = [str(self.binaries[way]), "-X", "heapsize=%d" % heap, "-m", "on_flash"]
        return subprocess.Popen(
            [*command, str(place), str(self.rig), way, *words],
            env={**os.environ, "MICROPYPATH": "%s:.frozen" % self.rig},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def check(figures: dict, heard: Path, is_short: bool):
    """Raises Dead when what the box did, or what the broker heard of it, is not right."""
    told = {}
    for line in heard.read_text("utf-8").splitlines():
        message = json.loads(line)
        words = message["topic"].split("/")
        kind = words[2] if words[0] == "wallbox" else words[0]
        told.setdefault(kind, []).append(message["payload"])
    numbers = sorted({event["seq"] for event in told.get("event", ())})
    silent = [kind for kind in TOLD if kind not in told]
    wrong = {
        "failure": figures["failure"] or figures["service_failure"],
        "connection": "" if figures["connected"] else figures["why"],
        "closings": "" if figures["closings"] == SESSIONS else figures["closings"],
        "records": "" if len(told.get("session", ())) == SESSIONS else "lost or twice",
        "events": "" if numbers == list(range(1, len(numbers) + 1)) else "lost",
        "silent": silent,
        "update": "" if is_short or figures["restarted"] else last_words(told.get("update")),
    }
    if any(wrong.values()):
        raise Dead(json.dumps({name: why for name, why in wrong.items() if why}))


def last_words(told: list | None) -> str:
    """Return how far the update came."""
    keys = ("phase", "why", "update_percentage")
    return "no restart" + ("; %s" % [told[-1].get(key) for key in keys] if told else "")


def least_kb(box: Box, way: str, rig: int) -> int:
    """Return the least heap beside the rig: from the bound on in growing steps, then by halves."""
    high, step = MOST_KB[way], STEP_KB
    if lives(box, way, rig, high):
        low = high - step
        while lives(box, way, rig, low):
            high, step = low, 2 * step
            low = high - step
    else:
        low = high
        while not lives(box, way, rig, high := low + step):
            low, step = high, 2 * step
    while high - low > STEP_KB:
        middle = (low + high) // 2 // STEP_KB * STEP_KB
        if lives(box, way, rig, middle):
            high = middle
        else:
            low = middle
    return high


def lives(box, way, rig, kb):
    try:
        box.live(way, kb * 1_024 + rig)
    except Dead as why:
        text = re.sub(r"\s+", " ", str(why))[-160:]
        print("%s in %d KB: %s" % (way, kb, text), file=sys.stderr, flush=True)
        return False
    print("%s in %d KB: lives" % (way, kb), file=sys.stderr, flush=True)
    return True


def table(weights: dict) -> str:
    """Return the bytes that each module holds once it is loaded, largest first."""
    names = sorted(
        set().union(*weights.values()), key=lambda name: -weights["modules"].get(name, 0)
    )
    rows = ["%-28s %8s %8s" % ("module, bytes", *WAYS)]
    rows += ["%-28s %8d %8d" % (n, *(weights[way].get(n, 0) for way in WAYS)) for n in names]
    sums = [sum(weights[way].values()) for way in WAYS]
    return "\n".join([*rows, "%-28s %8d %8d" % ("together", *sums)])


def main(board: str = "esp32_generic", without: str = "") -> int:
    with tempfile.TemporaryDirectory() as place:
        box = Box(board, Path(place), without)
        figures = {way: box.composed(way) for way in WAYS}
        print(table({way: figures[way]["weights"] for way in WAYS}))
        for way in WAYS:
            held = (figures[way]["composed"] - figures[way]["rig"]) / 1_024
            print("%s: %.1f KB before the first tick" % (way, held), flush=True)
        with ThreadPoolExecutor(len(WAYS)) as pool:
            jobs = {way: pool.submit(least_kb, box, way, figures[way]["rig"]) for way in WAYS}
            least = {way: job.result() for way, job in jobs.items()}
    print(json.dumps({"board": board, **{"%s_kb" % way: kb for way, kb in least.items()}}))
    return int(any(least[way] > MOST_KB[way] for way in WAYS))


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Missing as wrong:
        sys.exit("heap: %s" % wrong)
