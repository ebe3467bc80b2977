"""The whole application on MicroPython 1.25.0, 32 bits: two cars charge on the lean machine."""

import json
import shutil
import subprocess
import sys

import pytest

from box import compiled
from box.mpy import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import fetch_oldest  # noqa: E402

HEAP = 400_000  # where it starts: this port's heap grows, so it says nothing of memory
NO_NETWORK = """AF_INET, SOCK_STREAM, SOCK_DGRAM = 2, 1, 2


def getaddrinfo(*_):
    raise OSError(2)
"""
RUN = "import measure\nmeasure.main()\n"


@pytest.fixture(scope="module")
def oldest():
    if not shutil.which("node"):
        pytest.skip("node is not installed: apt install nodejs npm")
    try:
        return fetch_oldest.fetch(ROOT / "build" / "oldest")
    except (OSError, RuntimeError) as wrong:
        pytest.skip("no MicroPython 1.25: %s" % wrong)


@pytest.fixture
def root(tmp_path):
    """A file system with the application; without machine code, which this port has none of."""
    folder = tmp_path / "root"
    texts = dict(compiled.small_sources("virtual"))
    texts["umqtt/simple.py"] = (ROOT / "build/lib/umqtt/simple.py").read_text()
    for name, text in texts.items():
        place = (folder / name).with_suffix(".mpy")
        place.parent.mkdir(parents=True, exist_ok=True)
        plain = text.replace("@micropython.native", "")
        place.write_bytes(compiled.compiled(plain, name, "esp32", tmp_path / "module"))
    for path in [*(ROOT / "tools/sim/lean").glob("*.py"), ROOT / "firmware/slots.py"]:
        shutil.copy(path, folder)
    shutil.copy(ROOT / "firmware/boot.py", folder)
    (folder / "socket.py").write_text(NO_NETWORK)
    (folder / "usocket.py").write_text("from socket import *\n")
    (folder / "run.py").write_text(RUN)
    (folder / "config.json").write_text(json.dumps({"broker_host": "127.0.0.1"}))
    return folder


@pytest.mark.long
def test_two_cars_charge_on_1_25(oldest, root):
    script = str(ROOT / "tests/host/image/oldest.mjs")
    ran = subprocess.run(
        ["node", script, str(oldest), str(root), str(HEAP), "run"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert (figures["closings"], figures["failure"]) == (2, "")
