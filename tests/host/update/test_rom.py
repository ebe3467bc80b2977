"""The copy of the running slot in the ROM file system; rom_life.py plays it on MicroPython."""

import importlib
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
TREES = st.recursive(
    st.binary(max_size=300) | st.integers(0, 20_000).map(bytes),
    lambda inner: st.dictionaries(st.text("abcdefgh_.", min_size=1, max_size=140), inner),
    max_leaves=12,
).filter(lambda tree: isinstance(tree, dict))


@pytest.fixture
def rom(monkeypatch):
    monkeypatch.setitem(sys.modules, "vfs", types.SimpleNamespace())
    monkeypatch.delitem(sys.modules, "rom", raising=False)
    yield importlib.import_module("rom")
    sys.modules.pop("rom")


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
def test_the_image_is_what_mpremote_makes(rom, tmp_path_factory, tree):
    tree = {name: content for name, content in tree.items() if name.strip(".")}
    folder = tmp_path_factory.mktemp("slot") / "a"
    try:
        lay_out(tree, folder)
    except OSError:
        return  # a folder called .. and such
    parts, size = rom.image(str(folder))
    placed = list(rom.pieces(parts))
    ends = [at + len(piece) for at, piece in placed]
    assert [at for at, _ in placed] == [0, *ends[:-1]]
    assert b"".join(piece for _, piece in placed) == of_mpremote(tree)
    assert ends[-1] == size


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


def test_what_takes_no_copy_leaves_the_slot_to_run(tmp_path):
    told = life(tmp_path, "without", rom_sectors=ROM_SECTORS)
    assert told.pop("all well") == ["/rom", False, False]
    assert len(told) == 4 and set(map(tuple, told.values())) == {("/flash/a", False, False)}
