"""Fetch the oldest MicroPython that boards run, as a WebAssembly module: fetch_oldest.py FOLDER.

1.25.0 from npm, which is the only registry that has an interpreter of that version. Needs npm;
the module's hash is pinned here.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PACKAGE = "@micropython/micropython-webassembly-pyscript@1.25.0"
SHA256 = "86663bb8916f83ee879cf6cf15d7b63c881b423742c52a17676d9f4658a0e0e0"


def fetch(folder: Path) -> Path:
    """Return the folder with micropython.mjs and .wasm. Raises RuntimeError with one sentence."""
    wasm = folder / "package" / "micropython.wasm"
    if not wasm.exists():
        if not shutil.which("npm"):
            raise RuntimeError("npm is not installed: apt install npm")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", PACKAGE]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError("npm: %s" % (ran.stderr.strip().splitlines() or ["failed"])[-1])
        with tarfile.open(folder / ran.stdout.split()[-1]) as archive:
            archive.extractall(folder, filter="data")
    if hashlib.sha256(wasm.read_bytes()).hexdigest() != SHA256:
        raise RuntimeError("%s is not the pinned one" % wasm)
    return wasm.parent


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fetch_oldest.py FOLDER")
    try:
        fetch(Path(sys.argv[1]))
    except (OSError, RuntimeError) as wrong:
        sys.exit("fetch_oldest: %s" % wrong)
