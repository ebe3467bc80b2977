"""The arithmetic of the one pool: what fits, what is refused, and which way is named instead."""

import subprocess
import sys
import types
from pathlib import Path

import pytest

from box import board as boards
from box import firmware, pool
from box.compiled import BuildError
from box.mpy import ROOT

BOX = str(Path(sys.executable).parent / "box")


def board(chip, psram_mb):
    return types.SimpleNamespace(NAME="some", CHIP=chip, PSRAM_MB=psram_mb)


FITS = {
    ("esp32", 0): ["frozen"],
    ("esp32", 2): ["modules", "frozen"],
    ("esp32", 8): ["modules", "frozen"],
    ("esp32s2", 0): [],
    ("esp32s2", 2): ["modules", "frozen"],
    ("esp32s3", 0): ["frozen"],
    ("esp32s3", 2): ["modules", "frozen"],
    ("esp32s3", 32): ["modules", "frozen"],
}


@pytest.mark.parametrize(("chip", "psram_mb"), FITS)
def test_the_ways_that_fit(chip, psram_mb):
    assert pool.ways(board(chip, psram_mb)) == FITS[chip, psram_mb]


def test_what_a_plain_esp32_leaves_is_what_was_measured():
    assert pool.pool_of(board("esp32", 0)).left() == 194_000 - 16_384 - 42_000 - 30_200


def test_a_board_that_says_nothing_of_psram_has_none():
    assert pool.pool_of(types.SimpleNamespace(CHIP="esp32s3")).psram_mb == 0


def test_a_refusal_names_the_way_that_can():
    with pytest.raises(BuildError, match="modules take 232 KB.*leaves 102.*way that can: frozen"):
        pool.check(board("esp32", 0), pool.MODULES)
    with pytest.raises(BuildError, match="leaves 0.*that can: modules on a chip with PSRAM"):
        pool.check(board("esp32s2", 0), pool.MODULES)
    pool.check(board("esp32s3", 2), pool.MODULES)


@pytest.mark.parametrize("name", ["esp32_generic", "smartevse_v3", "esp32s2_da"])
def test_what_cannot_start_is_not_built_and_its_folder_not_made(name, tmp_path):
    command = [BOX, "firmware", name, "--out", str(tmp_path / "out")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("box firmware: %s: modules take" % name)
    assert not (tmp_path / "out").exists()


def test_unproven_overrides_and_the_row_is_printed(tmp_path):
    command = [BOX, "firmware", "esp32_generic", "--unproven", "--out", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "pool: an esp32 without PSRAM: 189 KB; stacks 16" in ran.stdout
    assert "pool: modules: 232 KB at least, does not fit" in ran.stdout


def test_modules_on_4_mb_are_refused_with_the_way_that_can(monkeypatch):
    small = boards.load("esp32s3_generic")
    small.FLASH_MB = 4
    monkeypatch.setattr(boards, "load", lambda _: small)
    with pytest.raises(BuildError, match="on 4 MB; the way that can: FLASH_MB = 8"):
        firmware.build("esp32s3_generic", None, Path("nowhere"))


def test_the_docs_have_every_row():
    table = (ROOT / "docs/build.md").read_text()
    for row in pool.POOLS:
        psram = "%d and more" % row.psram_mb if row.psram_mb else "none"
        columns = [row.pool, pool.STACKS, row.wifi, row.tls, row.left()]
        told = "| %s, %s | " % (row.chip, psram) + " | ".join(
            "{:,}".format(n // 1_024) for n in columns
        )
        assert told in table
        cells = table[table.index(told) :].split("\n", 1)[0].split(" | ")
        fitting = pool.ways(board(row.chip, row.psram_mb))
        assert cells[6:8] == ["yes" if w in fitting else "no" for w in ("modules", "frozen")]
        assert cells[8].startswith(row.confidence)
