"""Fetch umqtt.simple 1.3.4 from PyPI into FOLDER/umqtt/simple.py: fetch_umqtt.py FOLDER.

The archive is a plain tarball without setup.py, which pip refuses; unearth downloads it by name.
Its hash is pinned here. Boards do not need it: their images carry 1.8 frozen.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REQUIREMENT = "micropython-umqtt.simple==1.3.4"
MEMBER = "micropython-umqtt.simple-1.3.4/umqtt/simple.py"
SHA256 = "b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f"


def fetch(folder: Path):
    """Raises RuntimeError with one sentence if the archive is missing or not the pinned one."""
    target = folder / "umqtt" / "simple.py"
    if target.exists():
        return
    with tempfile.TemporaryDirectory() as place:
        archive = download(Path(place))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != SHA256:
            raise RuntimeError("%s has sha256 %s, expected %s" % (archive.name, digest, SHA256))
        with tarfile.open(archive) as tar:
            source = tar.extractfile(MEMBER).read()
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name("simple.py.new")  # so that a broken run leaves no half file
    beside.write_bytes(source)
    beside.replace(target)


def download(place: Path) -> Path:
    unearth = Path(sys.executable).parent / "unearth"
    command = [str(unearth), REQUIREMENT, "--download", str(place)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = list(place.glob("*.tar.gz"))
    if result.returncode or not archives:
        said = (result.stderr or result.stdout).strip().splitlines()
        raise RuntimeError("%s: %s" % (REQUIREMENT, said[-1] if said else "not found"))
    return archives[0]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fetch_umqtt.py FOLDER")
    try:
        fetch(Path(sys.argv[1]))
    except (OSError, RuntimeError) as wrong:
        sys.exit("fetch_umqtt: %s" % wrong)
