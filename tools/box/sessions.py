"""The sessions a box has kept: from an image of its flash, from messages, from its port."""

import json
import subprocess
import sys
from pathlib import Path

from box.mpy import ROOT
from box.repl_line import mpremote

sys.path.insert(0, str(ROOT / "firmware"))
from storage import history  # noqa: E402
from storage.flash_store import FEWEST, REGISTER_SHARE  # noqa: E402
from storage.journal import Journal  # noqa: E402
from storage.sector_ring import COUNT, SIZE  # noqa: E402

SECTOR = 4_096
EXPORT = "import console; console.export(%d)"
MPREMOTE_S = 120


class Image:
    """What was read off the partition `journal`, as a block device that is never written."""

    def __init__(self, content: bytes):
        self._content = content

    def readblocks(self, block, buf, offset=0):
        at = block * SECTOR + offset
        buf[:] = self._content[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        raise OSError("an image is not written")

    def ioctl(self, command, argument):
        return {COUNT: len(self._content) // SECTOR, SIZE: SECTOR}.get(command, 0)


def read(path: Path) -> list:
    """Return the records in a file, newest first. Raises ValueError with one sentence."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise ValueError("%s: %s" % (path, wrong.strerror))
    found = from_messages(path, content) if path.suffix == ".jsonl" else from_image(path, content)
    if not found:
        raise ValueError("%s: no sessions in it" % path)
    return found


def from_image(path, content):
    count = len(content) // SECTOR
    if count < FEWEST or len(content) % SECTOR:
        raise ValueError("%s: %d bytes are no journal partition" % (path, len(content)))
    share = count // REGISTER_SHARE
    return list(history.sessions(Journal(Image(content), share, count - share)))


def from_messages(path, content):
    """Lines as `make run` writes them: {"topic": ..., "payload": ...}."""
    found = {}
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        try:
            message = json.loads(line)
            if message["topic"].endswith("/session"):
                record = message["payload"]
                record = json.loads(record) if isinstance(record, str) else record
                found[message["topic"], record["session"]] = record
        except (ValueError, KeyError, TypeError):
            raise ValueError("%s:%d: not a message with topic and payload" % (path, number))
    return list(reversed(found.values()))


def from_port(port: str, count: int) -> list:
    """Ask a running box at its REPL, which goes on charging meanwhile."""
    command = mpremote(port, "exec", EXPORT % count)
    try:
        said = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=MPREMOTE_S
        )
    except subprocess.TimeoutExpired:
        raise ValueError("%s: no answer in %d s" % (port, MPREMOTE_S))
    if said.returncode:
        raise ValueError("%s: %s" % (port, (said.stderr or said.stdout).strip()[-200:]))
    lines = [line for line in said.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise ValueError("%s: %s" % (port, said.stdout.strip()[-200:] or "no sessions"))
    return [json.loads(line) for line in lines]


def text(records: list, form: str) -> str:
    """form: csv, or json: one list."""
    if form == "json":
        return json.dumps(records, indent=1) + "\n"
    return "\r\n".join(history.csv_lines(records)) + "\r\n"
