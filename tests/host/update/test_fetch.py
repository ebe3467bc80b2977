"""A bundle that the box fetches itself, from real web servers over real TLS; see fetching.py."""

import json
import os
import subprocess

import pytest
from maker import FACTS, FILES, made
from web import CUT_AFTER, Web
from works import FOLDER, flash_files

from box import mpy, pki
from box.mpy import ROOT

CONTENT = made(files={**FILES, "state/core.py": bytes(range(256)) * 60})
PIECE = 1_024
STARTS = list(range(0, len(CONTENT), PIECE))
HABITS = {  # of the server: whether the bundle comes in the end, what is said of it or on the way
    "good": (True, None),
    "cut": (True, "127.0.0.1: the server closed before the end"),
    "single": (True, None),
    "slow": (True, "127.0.0.1: no answer in"),
    "busy": (True, "127.0.0.1: the server says 503"),
    "truncated": (False, "127.0.0.1: the server closed before the end"),
    "longer": (False, "update: %d bytes at the server" % (len(CONTENT) + 1)),
    "redirect": (False, "update: the server redirects (302): name the last address"),
    "missing": (False, "update: the server says 404"),
    "rangeless": (False, "update: the server gives no ranges"),
    "elsewhere": (False, "update: the server gives another range"),
    "chunked": (False, "update: the server tells no length"),
    "talkative": (False, "update: the server's answer is too long"),
    "dumb": (False, "update: what answers is no web server"),
    "spoiled": (False, "bundle: "),
}
TRIED_AGAIN = ("truncated",)


DISTRUST = {
    "wrong CA": "The certificate is not correctly signed by the trusted CA",
    "wrong name": "The certificate Common Name (CN) does not match",
    "no CA": "tls: none.der cannot be read",
    "nobody": "",
}


class Case:
    """A box of its own, and what it shall do."""

    def __init__(self, folder, url, ca, **job):
        self.root = folder / "flash"
        for name, content in UNPACKED.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        told = {"version": "0.9.0", "size": len(CONTENT), "sha256": "0" * 64, "url": url}
        self.job = {"root": str(self.root), "ca": str(ca), "begin": told, "turns": 6_000}
        self.job |= {"stop_at": 1 << 20, "rest_at": 0, **job}


def unpacked():
    from base64 import b64decode

    files = flash_files({**FACTS, "version": "0.2.0"}, FILES)
    return {name: b64decode(text) for name, text in files.items()}


UNPACKED = unpacked()


def lived(tmp_path, *cases):
    """Return what each case's box told."""
    path = tmp_path / "job.json"
    job = {"cases": [case.job for case in cases], "first_wait_ms": 20, "patience_ms": 700}
    path.write_text(json.dumps(job))
    places = ":".join([*mpy.folders(), ".frozen"])
    child = subprocess.run(
        [
            mpy.binary(),
            "-X",
            "heapsize=2M",
            str(ROOT / "tools/sim" / FOLDER / "fetching.py"),
            path,
        ],
        env={**os.environ, "MICROPYPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stdout + child.stderr
    return json.loads(child.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Servers: ours, one of another CA, one with another name, one without TLS."""
    folder = tmp_path_factory.mktemp("web")
    ours, theirs = pki.Authority(folder / "ours"), pki.Authority(folder / "theirs")
    ours.certify_client("box", folder / "box")
    pairs = {"ours": (ours, "127.0.0.1"), "wrong CA": (theirs, "127.0.0.1")}
    pairs["wrong name"] = (ours, "fleet.example")
    servers = {"plain": Web(CONTENT)}
    for name, (authority, host) in pairs.items():
        stem = name.replace(" ", "-")
        authority.certify_broker([host], stem=stem)
        place = authority.folder / stem
        servers[name] = Web(CONTENT, (str(place) + ".pem", str(place) + ".key.pem"))
    servers["ca"] = folder / "box/ca.der"
    opened = [server for server in servers.values() if isinstance(server, Web)]
    for server in opened:
        server.__enter__()
    yield servers
    for server in opened:
        server.__exit__()


@pytest.fixture(scope="module")
def lives(fleet, tmp_path_factory):
    """{what: (case, what its box told)} of all servers, in one run of the script."""
    folder = tmp_path_factory.mktemp("fetch")
    cases = {}
    for what in HABITS:
        turns = 150 if what in TRIED_AGAIN else 6_000
        url = fleet["ours"].url(what)
        cases[what] = Case(folder / what, url, fleet["ca"], turns=turns)
    for what in ("wrong CA", "wrong name"):
        url = fleet[what].url("good")
        cases[what] = Case(folder / what.replace(" ", "-"), url, fleet["ca"], turns=150)
    cases["no CA"] = Case(folder / "no", fleet["ours"].url("good") + "2", "none.der", turns=50)
    cases["nobody"] = Case(folder / "nobody", "https://127.0.0.1:1/x", fleet["ca"], turns=50)
    cases["plain"] = Case(folder / "plain", fleet["plain"].url("good"), fleet["ca"])
    cases["rest"] = Case(
        folder / "rest", fleet["ours"].url("good") + "3", fleet["ca"], rest_at=3 * PIECE
    )
    return dict(zip(cases, zip(cases.values(), lived(folder, *cases.values()))))


@pytest.mark.parametrize("what", HABITS)
def test_what_a_server_does_is_borne_or_named(lives, what):
    case, told = lives[what]
    comes, why = HABITS[what]
    part = case.root / "update.part"
    if comes:
        assert told["phase"] == "ready", told
        assert part.read_bytes() == CONTENT
        assert [said for said in told["seen"] if why and said.startswith(why)] or not why, told
    elif what in TRIED_AGAIN:
        assert told["phase"] == "downloading" and told["why"].startswith(why), told
        assert not part.exists() and told["connections"] > 1
    else:
        assert told["phase"] == "refused" and told["why"].startswith(why), told
        assert not part.exists() and (case.root / "a/manifest").exists()


def test_a_connection_serves_the_whole_bundle_a_range_a_piece(lives, fleet):
    _, told = lives["good"]
    ranges = fleet["ours"].asked["/good/one.bundle"]
    assert [first for first, _ in ranges] == STARTS and told["connections"] == 1
    assert ranges[-1][1] == len(CONTENT) - 1
    assert lives["single"][1]["connections"] == len(STARTS)


def test_a_cut_piece_is_asked_again_and_no_other(lives, fleet):
    firsts = [first for first, _ in fleet["ours"].asked["/cut/one.bundle"]]
    assert sorted(set(firsts)) == STARTS and firsts == sorted(firsts)
    assert len(firsts) == len(STARTS) + len(firsts) // 3
    assert CUT_AFTER < PIECE  # within the first: nothing of it may be on the flash


def test_a_slow_server_holds_up_nothing(lives):
    assert lives["slow"][1]["turns"] > len(STARTS) * 10  # each took its 20 ms at least


@pytest.mark.parametrize("what", DISTRUST)
def test_who_cannot_be_trusted_or_reached_gets_no_question(lives, fleet, what):
    case, told = lives[what]
    assert told["phase"] == "downloading", told
    assert not (case.root / "update.part").exists()
    assert told["why"].startswith("127.0.0.1: " + DISTRUST[what]), told
    if what in fleet:
        assert not fleet[what].asked and told["connections"] > 1
    assert not fleet["ours"].asked["/good/one.bundle2"]


def test_the_loopback_may_do_without_tls(lives):
    case, told = lives["plain"]
    assert told["phase"] == "ready" and not told["connections"]
    assert (case.root / "update.part").read_bytes() == CONTENT


def test_while_the_contactor_is_closed_nothing_comes_and_the_box_has_hung_up(lives, fleet):
    case, told = lives["rest"]
    assert told["rest"] == [0, True]
    assert told["phase"] == "ready" and told["connections"] == 2
    firsts = [first for first, _ in fleet["ours"].asked["/good/one.bundle3"]]
    assert sorted(set(firsts)) == STARTS and len(firsts) <= len(STARTS) + 1


@pytest.mark.flashed
def test_after_a_restart_it_goes_on_by_itself_where_it_was(application, fleet, tmp_path):
    url = fleet["ours"].url("good") + "4" + application
    case = Case(tmp_path, url, fleet["ca"], stop_at=4 * PIECE)
    assert lived(tmp_path, case)[0]["phase"] == "downloading"
    assert (case.root / "update.part").stat().st_size == 4 * PIECE
    case.job["stop_at"] = 1 << 20
    assert lived(tmp_path, case)[0]["phase"] == "ready"
    firsts = [first for first, _ in fleet["ours"].asked["/good/one.bundle4" + application]]
    assert sorted(set(firsts)) == STARTS and len(firsts) <= len(STARTS) + 1
