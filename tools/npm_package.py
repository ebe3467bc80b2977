"""Fetch one package from npm, of which one file is pinned by its hash."""

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path


def fetch(folder: Path, package: str, pinned: str, sha256: str) -> Path:
    """Return FOLDER/package/PINNED, from the package (name@version) if it is not there yet.

    Raises RuntimeError with one sentence: no npm, no registry, not the pinned file.
    """
    wanted = folder / "package" / pinned
    if not wanted.exists():
        if not shutil.which("npm"):
            raise RuntimeError("npm is not installed: apt install npm")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", package]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError("npm: %s" % (ran.stderr.strip().splitlines() or ["failed"])[-1])
        with tarfile.open(folder / ran.stdout.split()[-1]) as archive:
            # before Python 3.11.4, as on Debian 12, an archive has no filters
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(folder)
    if hashlib.sha256(wanted.read_bytes()).hexdigest() != sha256:
        raise RuntimeError("%s is not the pinned one" % wanted)
    return wanted
