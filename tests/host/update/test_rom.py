"""The copy of the running slot in the ROM file system; rom_life.py plays it on MicroPython."""

import importlib
import os
import sys
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from maker import FACTS, FILES
from mpremote.romfs import VfsRomWriter
from works import flash_files, run

LARGE = {**FILES, "cloud/link.mpy": bytes(range(256)) * 40, "state/pilot.mpy": b"\xff" * 3_000}
ROM_SECTORS = 6
NAMES = st.text("abcdefgh_.", min_size=1, max_size=140).filter(lambda name: name.strip("."))
TREES = st.recursive(
    st.binary(max_size=300) | st.integers(0, 20_000).map(bytes),
    lambda inner: st.dictionaries(NAMES, inner),
    max_leaves=12,
).filter(lambda tree: isinstance(tree, dict))


@pytest.fixture
def rom_copy(monkeypatch):
    monkeypatch.setitem(sys.modules, "vfs", types.SimpleNamespace())
    monkeypatch.delitem(sys.modules, "rom_copy", raising=False)
    monkeypatch.setattr(os, "ilistdir", ilistdir, raising=False)
    yield importlib.import_module("rom_copy")
    sys.modules.pop("rom_copy")


def ilistdir(path):
    """MicroPython's of LittleFS."""
    kinds = {True: 0x4000, False: 0x8000}
    return [(e.name, kinds[e.is_dir()], 0, e.stat().st_size) for e in os.scandir(path)]


def of_mpremote(tree) -> bytes:
    """The same file system, made by MicroPython's own tool."""
    writer = VfsRomWriter()

    def add(tree):
        for name, content in sorted(tree.items()):
            if isinstance(content, dict):
                writer.opendir(name)
                add(content)
                writer.closedir()
            else:
                writer.mkfile(name, content)

    add(tree)
    return bytes(writer.finalise())


def lay_out(tree, folder):
    folder.mkdir()
    for name, content in tree.items():
        if isinstance(content, dict):
            lay_out(content, folder / name)
        else:
            (folder / name).write_bytes(content)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_the_image_is_what_mpremote_makes(rom_copy, tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("slot") / "a"
    lay_out(tree, folder)
    parts, size = rom_copy.image(str(folder))
    placed = list(rom_copy.pieces(parts))
    ends = [at + len(piece) for at, piece in placed]
    assert [at for at, _ in placed] == [4_096, *ends[:-1]]
    assert b"".join(piece for _, piece in placed) == of_mpremote(tree)
    assert ends[-1] == 4_096 + size


def life(tmp_path, case, **job):
    files = flash_files(FACTS, LARGE)
    return run(tmp_path, "rom_life.py", case, files=files, sectors=64, **job)


def test_a_cut_at_every_operation_leaves_a_box_that_copies_again(tmp_path):
    told = life(tmp_path, "cuts", rom_sectors=ROM_SECTORS)
    print("%(points)d flash operations cut" % told)
    assert told["points"] > 40 and told["wrongs"] == []


def test_any_bit_that_turns_over_is_noticed_and_mended(tmp_path):
    told = life(tmp_path, "spoilt", rom_sectors=ROM_SECTORS, every_bit=997)
    print("%(bits)d bits turned over" % told)
    assert told["bits"] > 100 and told["idle"] == 0


def test_what_takes_no_copy_leaves_the_slot_to_run_and_is_asked_once(tmp_path):
    told = life(tmp_path, "without", rom_sectors=ROM_SECTORS)
    assert {tuple(seen[:3]) for seen in told.values()} == {("/flash/a", False, False)}
    erases = {what: seen[3] for what, seen in told.items()}
    assert told["no partition"][4].startswith("TypeError")
    assert {seen[4] for what, seen in told.items() if what != "no partition"} == {"refused"}
    assert erases == {"no partition": 0, "too small": 0, "takes nothing": 1, "holds nothing": 1}


def test_a_refusal_is_one_versions(tmp_path):
    assert life(tmp_path, "refused", rom_sectors=ROM_SECTORS) == ["/flash/a", "/flash/b", 2]


MAIN = b"""import sys

told = "%s %d" % (sys.path[0], sum(["rom" in name for name in sys.path + list(sys.modules)]))


def run():
    pass
"""


@pytest.mark.parametrize("there", [b"", bytes(of_mpremote({"slots.py": b"told = 1/0"}))])
def test_start_after_start_runs_from_the_copy(tmp_path, there):
    """There: what the ROM held before, perhaps another's file system."""
    files = flash_files(FACTS, {**LARGE, "main.py": MAIN})
    job = {"files": files, "sectors": 64, "rom_sectors": ROM_SECTORS, "there": list(there)}
    assert run(tmp_path, "rom_starts.py", **job) == [["/rom 1", 1]] * 3
