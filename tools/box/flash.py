"""`make flash`: the image of a board onto a chip, through esptool."""

import subprocess
import sys
from pathlib import Path

from box import board as boards
from box import firmware, image
from box.serial_box import PortError, check_port

BAUD = 460_800
ATTEMPTS = 3
SAID = (  # what esptool says: what it means
    ("Wrong chip argument", "the chip at %(port)s is another than the board's %(chip)s: %(line)s"),
    ("Failed to connect", "%(port)s: no chip answers; hold BOOT, press reset, try again"),
    ("the port is busy", "%(port)s: busy: another program uses it"),
    ("MD5 of file does not match", "what was written is not what was sent: a bad line or flash"),
    ("flash size", "the flash is smaller than the image: %(line)s"),
)


def flash(name: str, port: str, path: Path | None, attempts: int = ATTEMPTS):
    """Write a board's image to the chip at port; esptool shows how far it is.

    Raises PortError or ValueError with one sentence.
    """
    board = boards.load(name)
    path = path or firmware.OUT / name / (name + ".bin")
    if not path.exists():
        raise ValueError("%s: no image; make firmware BOARD=%s BASE=..." % (path, name))
    image.check_base(path.read_bytes(), board.CHIP)
    check_port(port)
    said, status = run(command(board.CHIP, port, path, attempts))
    if status:
        raise PortError(meaning(said, port, board.CHIP))


def command(chip: str, port: str, path: Path, attempts: int) -> list:
    options = ["--chip", chip, "--port", port, "--baud", str(BAUD)]
    options += ["--connect-attempts", str(attempts)]
    at = "0x%x" % image.BOOTLOADER_AT[chip]
    return [sys.executable, "-m", "esptool", *options, "write-flash", at, str(path)]


def run(words: list):
    """Run esptool, passing on what it shows. Return (all of it, its exit status)."""
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = b""
    while piece := child.stdout.read1(256):
        said += piece
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
    return said.decode(errors="replace"), child.wait()


def meaning(said: str, port: str, chip: str) -> str:
    """Return one sentence for what esptool said."""
    for mark, text in SAID:
        for line in said.splitlines():
            if mark in line:
                return text % {"port": port, "chip": chip, "line": line.strip()}
    lines = [line for line in said.splitlines() if line.strip()]
    return "esptool: %s" % (lines[-1].strip() if lines else "it said nothing")
