"""`box flash`: what goes wrong before and in esptool becomes one sentence."""

import os
import pty
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from box import flash, image

BOX = str(Path(sys.executable).parent / "box")


@pytest.fixture
def bin_(tmp_path):
    """Something that looks like an ESP32's image to whoever writes it."""
    content = bytearray(b"\xff" * 0x10000)
    content[0] = image.IMAGE_MAGIC
    struct.pack_into("<H", content, image.CHIP_ID_AT, 0)
    at = image.TABLE_AT - image.BOOTLOADER_AT["esp32"]
    content[at : at + image.TABLE_SIZE] = image.partition_table(4)
    path = tmp_path / "esp32.bin"
    path.write_bytes(content)
    return path


def box(*words):
    ran = subprocess.run([BOX, "flash", *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and ran.stderr.count("\n") == 1, ran.stderr
    return ran.stderr


def test_without_a_port_nothing_is_started(bin_):
    said = box("esp32_generic", "--port", "/dev/nothing", "--image", str(bin_))
    assert said.startswith("box flash: /dev/nothing: no such port; found: ")


def test_without_an_image_the_way_to_one_is_said(tmp_path):
    said = box("esp32_generic", "--port", "/dev/x", "--image", str(tmp_path / "none"))
    assert "no image; make firmware BOARD=esp32_generic BASE=" in said


def test_an_image_of_another_chip_never_reaches_the_port(bin_):
    said = box("esp32s3_generic", "--port", "/dev/nothing", "--image", str(bin_))
    assert "for esp32, the board has esp32s3" in said


def test_a_port_without_a_chip_behind_it(bin_):
    host, slave = pty.openpty()
    try:
        said = box(
            *("esp32_generic", "--port", os.ttyname(slave), "--image", str(bin_)),
            *("--attempts", "1"),
        )
    finally:
        os.close(host)
        os.close(slave)
    assert "no chip answers; hold BOOT" in said


SAID = {  # lines of esptool 5.6
    "A fatal error occurred: This chip is ESP32-S3, not ESP32. Wrong chip argument?": "is another",
    "A fatal error occurred: Failed to connect to ESP32: No serial data received.": "no chip ans",
    "Could not open /dev/x, the port is busy or doesn't exist.": "busy: another program",
    "A fatal error occurred: MD5 of file does not match data in flash!": "not what was sent",
    "something new": "esptool: something new",
    "": "it said nothing",
}


@pytest.mark.parametrize("line", SAID)
def test_what_esptool_says_becomes_a_sentence(line):
    found = flash.meaning("esptool v5.6\n%s\n" % line if line else "", "/dev/x", "esp32")
    assert SAID[line] in found and "\n" not in found


@pytest.mark.parametrize(
    "chip,at", [("esp32", "0x1000"), ("esp32s2", "0x1000"), ("esp32s3", "0x0")]
)
def test_the_image_goes_to_the_boot_loaders_place(chip, at):
    words = flash.command(chip, "/dev/x", Path("i.bin"), 3)
    assert words[-3:] == ["write-flash", at, "i.bin"] and chip in words


def test_esptool_knows_these_words():
    ran = subprocess.run(
        [sys.executable, "-m", "esptool", "write-flash", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0 and "write-flash" in ran.stdout
