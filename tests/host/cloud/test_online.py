"""Wi-Fi, time, look-ups and TLS handshakes of the whole box, each failing in its own way."""

import re
import subprocess
from pathlib import Path

import pytest

from box import mpy, pki

SCRIPT = Path(__file__).parent / "online.py"
CASES = re.findall(r"^def ([a-z_]+)\(\):", SCRIPT.read_text(), re.M)


LONG = (
    "after_hours_the_charge_is_paused_for_it_once",
    "the_chip_is_restarted_only_when_nobody_charges",
)
MARKED = [pytest.param(case, marks=[pytest.mark.long] * (case in LONG)) for case in CASES]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("online")
    pki.Authority(folder).certify_client("box", folder / "box")
    return folder


@pytest.mark.parametrize("case", MARKED)
def test_online(case, certificates):
    command = [mpy.binary(), "-X", "heapsize=32M", "-X", "emit=native", str(SCRIPT)]
    result = subprocess.run(
        [*command, str(certificates), case],
        env=mpy.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.endswith("done\n"), (result.stdout + result.stderr)[-2_000:]
    print(result.stdout)
