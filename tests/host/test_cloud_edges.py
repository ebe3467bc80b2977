"""The link where umqtt.simple has traps, under both versions of it; and fetch_umqtt's errors."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from asked import ask
from exchange import Requests

from box import mpy

SCRIPT = Path(__file__).parent / "cloud" / "edges.py"
CASES = re.findall(r"^def ([a-z_]+)\(\):", SCRIPT.read_text(), re.M)
FETCH = mpy.ROOT / "tools" / "fetch_umqtt.py"
INSTALLED = mpy.ROOT / "build" / "lib" / "umqtt" / "simple.py"

# what the version frozen into board images does otherwise and our code can notice
SINCE_1_8 = (
    ("import usocket as socket", "import socket"),
    (
        "clean_session=True):\n        self.sock = socket.socket()\n",
        "clean_session=True, timeout=None):\n        self.sock = socket.socket()\n"
        "        self.sock.settimeout(timeout)\n",
    ),
    ("if self.user is not None:", "if self.user:"),
    ("assert 0\n\n    # Checks", "assert 0\n        return op\n\n    # Checks"),
)


def as_on_boards(source):
    for old, new in SINCE_1_8:
        assert old in source, "umqtt.simple has changed, no more: " + old
        source = source.replace(old, new)
    return source


@pytest.fixture(params=["1.3.4", "1.8"])
def library(request, tmp_path):
    """Yield the environment that has this version of umqtt.simple."""
    environment = mpy.environment()
    if request.param == "1.8":
        place = tmp_path / "umqtt" / "simple.py"
        place.parent.mkdir()
        place.write_text(as_on_boards(INSTALLED.read_text()))
        environment["MICROPYPATH"] = "%s:%s" % (tmp_path, environment["MICROPYPATH"])
    return environment


@pytest.mark.parametrize("case", CASES)
def test_edge(case, library):
    command = [mpy.binary(), "-X", "heapsize=8M", str(SCRIPT), case]
    result = subprocess.run(
        command, env=library, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.stdout.endswith("done\n"), (result.stdout + result.stderr)[-2_000:]


@pytest.mark.parametrize(
    "name, payload, said",
    [
        ("limit", b"", "limit: the payload is not JSON"),
        ("limit", b"[1, 2]", "limit.a: a list is not a number"),
        ("limit", b'{"a": {"b": 1}}', "limit.a: a dict is not a number"),
        ("limit", b'"%s"' % (b"x" * 3_000), "is not a number"),
        ("limit", b'{"id": [1], "a": 10}', "limit.id: a list is not a text or a whole number"),
        ("enable", b"1", "enable: 1 is not true or false"),
        ("enable", b"0", "enable: 0 is not true or false"),
    ],
)
def test_what_looks_almost_right_changes_nothing(name, payload, said):
    requests, untouched = Requests(), Requests()
    reply = ask(requests, name, payload)
    assert '"ok": false' in reply and said in reply and len(reply) < 200
    assert vars(requests) == vars(untouched)


def fetch(*arguments, python=sys.executable):
    command = [python, str(FETCH), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_fetching_again_changes_nothing(tmp_path):
    place = tmp_path / "umqtt" / "simple.py"
    place.parent.mkdir()
    place.write_text("kept")
    assert fetch(str(tmp_path)).returncode == 0 and place.read_text() == "kept"


def test_a_failed_fetch_says_why_in_one_line_and_leaves_nothing(tmp_path):
    bare = tmp_path / "python3"  # an interpreter without unearth beside it
    bare.symlink_to(Path(sys.executable).resolve())
    target = tmp_path / "lib"
    for result in (fetch(), fetch(str(target), python=str(bare))):
        assert result.returncode == 1 and result.stderr.count("\n") == 1, result.stderr
    assert not target.exists()


@pytest.mark.parametrize(
    "host, secure",
    [("localhost", False), ("127.0.0.1", False), ("127.example.org", True), ("10.0.0.1", True)],
)
def test_only_this_very_machine_is_talked_to_without_tls(host, secure):
    from cloud.route import Route

    assert Route({"broker_host": host, "broker_tls": 1}).is_secure() == secure
