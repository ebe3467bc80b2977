"""An image with the application frozen: recognised by its stamp, packed with two app partitions.

The image is made up, header and hashes are real; MicroPython's own image is the one without.
"""

import hashlib
import struct
import subprocess
import sys
import types
from pathlib import Path

import pytest
from app_image import app_image, packed
from littlefs import LittleFS

from box import board as boards
from box import bundle, firmware, frozen_image, image, pool, stamp
from box.compiled import BuildError, compiled

BOARD = "esp32_generic"
BIN = Path(sys.executable).parent


def combined(app: bytes, chip: str = "esp32", flash_mb: int = 4) -> bytes:
    """What a build of MicroPython leaves in firmware.bin: boot loader, table, application."""
    shift = image.BOOTLOADER_AT[chip]
    loader = packed([bytes(range(256)) * 8] * 2, chip)
    whole = loader.ljust(image.TABLE_AT - shift, b"\xff") + image.partition_table(flash_mb)
    return whole.ljust(image.FACTORY_AT - shift, b"\xff") + app


def frozen(board=BOARD, chip="esp32", **changed) -> bytes:
    return app_image(stamp.of(board)._replace(**changed).text(), chip)


def on_8_mb(monkeypatch):
    """The same board with more flash."""
    board = boards.load(BOARD)
    monkeypatch.setattr(board, "FLASH_MB", 8, raising=False)
    monkeypatch.setattr(boards, "load", lambda name: board)
    return board


@pytest.fixture
def given(tmp_path):
    """Path of an image with this checkout's application for BOARD."""
    path = tmp_path / "firmware.bin"
    path.write_bytes(combined(frozen()))
    return path


def test_the_stamp_is_a_function_of_the_sources(tmp_path, monkeypatch):
    text = stamp.of(BOARD).text()
    board, version, digest = text.split(":")[1:]
    assert (board, version, len(digest)) == (BOARD, firmware.version(), 64)
    assert stamp.of("smartevse_v3").digest != digest
    copy = tmp_path / "firmware"
    copy.mkdir()
    for path in sorted(stamp.FIRMWARE.rglob("*.py"), reverse=True):
        place = copy / path.relative_to(stamp.FIRMWARE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    monkeypatch.setattr(stamp, "FIRMWARE", copy)
    assert stamp.of(BOARD).digest == digest
    (copy / "update/spare.py").write_text("")
    assert stamp.of(BOARD).digest != digest


def test_what_is_frozen_is_found_again(tmp_path, monkeypatch):
    """As bytecode; the freezing of MicroPython's own build keeps such a text as it is."""
    monkeypatch.setattr(stamp, "PLACE", tmp_path / "frozen/_stamp.py")
    text = stamp.write(BOARD)
    code = compiled(stamp.PLACE.read_text(), "_stamp.py", "esp32", tmp_path / "_stamp")
    assert stamp.found(code) == stamp.of(BOARD) and stamp.of(BOARD).text() == text


def test_it_is_packed_with_its_partitions_and_an_empty_file_system(given, tmp_path):
    made = firmware.build(BOARD, given, tmp_path)
    assert sorted(made) == [BOARD + ".app.bin", BOARD + ".bin"]  # no bundle: by cable
    whole = made[BOARD + ".bin"]
    places = image.places(4, frozen_image.TABLES)
    start = places["factory"][0] - 0x1000
    assert whole[start : start + len(frozen())] == frozen() == made[BOARD + ".app.bin"]
    assert len(whole) == sum(places["vfs"]) - 0x1000 <= places["journal"][0]
    disk = LittleFS(mount=False, block_size=4_096, block_count=places["vfs"][1] // 4_096)
    disk.context.buffer = bytearray(whole[places["vfs"][0] - 0x1000 :])
    disk.mount()
    assert disk.listdir("/") == []
    assert "by cable" in firmware.report(BOARD, made)


def test_from_8_mb_on_there_are_two_applications_and_a_bundle(given, tmp_path, monkeypatch):
    board = on_8_mb(monkeypatch)
    made = firmware.build(BOARD, given, tmp_path)
    whole = made[BOARD + ".bin"]
    assert whole[0xD000 - 0x1000 : 0xF000 - 0x1000] == b"\xff" * 0x2000  # the first one starts
    assert whole[3] >> 4 == 3  # the boot loader's header: 8 MB
    facts, files = read(made[BOARD + ".bundle"])
    assert files == {"app.bin": frozen()}
    assert (facts["board"], facts["version"]) == (BOARD, firmware.version())
    assert frozen_image.bundled(board, given.read_bytes()) == files


def read(content):
    size = struct.unpack_from("<I", content, 8)[0]
    lines = content[16 : 16 + size].decode().splitlines()
    digest, length, name = lines[1].split()
    body = content[-int(length) :]
    assert hashlib.sha256(body).hexdigest() == digest and len(lines) == 2
    return bundle.json.loads(lines[0]), {name: body}


@pytest.mark.parametrize("flash_mb", frozen_image.TABLES)
def test_the_partitions_do_not_overlap_and_fit_the_flash(flash_mb):
    places = image.places(flash_mb, frozen_image.TABLES)
    rows = sorted(places.values())
    for (start, size), (following, _) in zip(rows, rows[1:]):
        assert start + size <= following
    assert sum(rows[-1]) <= flash_mb << 20
    apps = [row for row in frozen_image.TABLES[flash_mb] if row[1] == image.APP]
    assert all(row[3] % 0x10000 == 0 and row[4] == frozen_image.APP_BYTES for row in apps)
    assert places["journal"] == image.places(flash_mb)["journal"]  # the register stays
    room = frozen_image.APP_BYTES + firmware.SPARE_BYTES
    assert frozen_image.is_by_cable(flash_mb) == (flash_mb == 4)
    assert flash_mb == 4 or places["vfs"][1] >= room  # an image on its way


def test_another_tool_reads_our_partitions(given, tmp_path, monkeypatch):
    on_8_mb(monkeypatch)
    firmware.build(BOARD, given, tmp_path)
    said = subprocess.run(
        [BIN / "mp-image-tool-esp32", tmp_path / (BOARD + ".bin")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    for words in (
        ("otadata", "ota", "0xd000"),
        ("ota_0", "ota_0", "0x10000"),
        ("ota_1", "0x5c0000"),
    ):
        assert any(all(word in line for word in words) for line in said.stdout.splitlines()), words


OTHERS = [
    (frozen(board="smartevse_v3"), "board smartevse_v3 is frozen in it, this is esp32_generic"),
    (frozen(version="9.9.9"), "version 9.9.9 is frozen in it, this is "),
    (frozen(digest="0" * 64), "other sources are frozen in it than these: 000000000000"),
    (frozen(chip="esp32s3"), "for esp32s3, the board has esp32"),
    (app_image("nothing", "esp32"), "no application is frozen in it"),
    (frozen()[:-1], "ends too early|spoilt"),
    (frozen()[:3_000] + b"?" + frozen()[3_001:], "the checksum is wrong"),
    (frozen()[:-1] + b"?", "the hash is wrong"),
    (b"\xe8" + frozen()[1:], "no application at the place of one"),
]


@pytest.mark.parametrize(("app", "why"), OTHERS, ids=[why[:20] for _, why in OTHERS])
def test_another_image_is_refused_and_says_which_thing_differs(app, why):
    with pytest.raises(BuildError, match=why):
        frozen_image.application(boards.load(BOARD), combined(app))


def test_two_stamps_in_an_image_are_refused():
    both = stamp.of(BOARD).text() + " " + stamp.of("virtual").text()
    with pytest.raises(BuildError, match="2 applications"):
        stamp.found(both.encode())


def test_an_application_that_does_not_fit_is_refused():
    with pytest.raises(BuildError, match="room for 2359296"):
        large = app_image(stamp.of(BOARD).text(), "esp32", frozen_image.APP_BYTES + 1)
        frozen_image.application(boards.load(BOARD), combined(large))


def test_a_chip_without_the_memory_is_refused_even_frozen(given, tmp_path, monkeypatch):
    monkeypatch.setitem(pool.LEAST_HEAP, pool.FROZEN, 1 << 20)
    with pytest.raises(BuildError, match="frozen take 1024 KB"):
        firmware.build(BOARD, given, tmp_path)
    assert firmware.build(BOARD, given, tmp_path, is_unproven=True)


def test_no_release_for_a_box_that_is_updated_by_cable(given):
    with pytest.raises(BuildError, match="updates by cable"):
        frozen_image.bundled(boards.load(BOARD), given.read_bytes())


def test_a_board_tells_that_it_is_updated_by_cable():
    assert "updates by cable" in boards.summary("esp32_generic")
    assert "updates by cable" not in boards.summary("esp32s3_generic")
    said = types.SimpleNamespace(CHIP="esp32", PSRAM_MB=0, FLASH_MB=8)
    assert not boards.is_updated_by_cable(said)


def test_micropythons_own_image_has_none_but_a_whole_application(base):
    content = base.read_bytes()
    assert stamp.found(content) is None
    at = frozen_image.app_at(content, "esp32")
    assert at == 0xF000 and at + frozen_image.app_bytes(content, at) == len(content)
