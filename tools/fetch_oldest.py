"""Fetch the oldest MicroPython that boards run, as a WebAssembly module: fetch_oldest.py FOLDER.

1.25.0 from npm, which is the only registry that has an interpreter of that version. Needs npm;
the module's hash is pinned here.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import npm_package

PACKAGE = "@micropython/micropython-webassembly-pyscript@1.25.0"
SHA256 = "86663bb8916f83ee879cf6cf15d7b63c881b423742c52a17676d9f4658a0e0e0"


def fetch(folder: Path) -> Path:
    """Return the folder with micropython.mjs and .wasm. Raises RuntimeError with one sentence."""
    return npm_package.fetch(folder, PACKAGE, "micropython.wasm", SHA256).parent


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fetch_oldest.py FOLDER")
    try:
        fetch(Path(sys.argv[1]))
    except (OSError, RuntimeError) as wrong:
        sys.exit("fetch_oldest: %s" % wrong)
