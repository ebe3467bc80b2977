"""A charge under a broker that does its worst: no event lost, no contactor moved, no tick late."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from box import mpy

HERE = Path(__file__).parent
RECORDED = HERE.parents[3] / "shared/data/mqtt-packets"


def play(tmp_path, case, *arguments):
    command = [mpy.binary(), "-X", "heapsize=64M", "-X", "emit=native", str(HERE / "hostile.py")]
    result = subprocess.run(
        [*command, str(tmp_path / "signals.csv"), case, *arguments],
        env=mpy.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.endswith("done\n"), (result.stdout + result.stderr)[-2_000:]
    print(result.stdout)


def test_every_evil(tmp_path):
    play(tmp_path, "every_evil")


@pytest.mark.long
def test_ten_thousand_records_disturb_nothing(tmp_path):
    play(tmp_path, "ten_thousand_records")


@pytest.mark.long
def test_recorded_packets_against_a_charge(tmp_path):
    if not RECORDED.exists():
        pytest.skip("no recorded packet vectors beside this project")
    texts = [(RECORDED / name).read_text() for name in ("PUBLISH.json", "CONNACK.json")]
    found = sorted({packet for text in texts for packet in payloads(json.loads(text))})
    (tmp_path / "packets").write_text("\n".join(found))
    assert len(found) > 20
    play(tmp_path, "vectors", str(tmp_path / "packets"))


def payloads(node):
    """Yield the hex of every packet in a vector file, whoever was to send it."""
    if isinstance(node, dict):
        text = str(node.get("payload", "")).replace(" ", "")
        if re.fullmatch("(?:[0-9a-fA-F]{2})+", text):
            yield text
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from payloads(child)
