"""The life of an update: what is refused changes nothing, what is cut goes on, when it may."""

import os

import pytest
from maker import FILES, made, private_key, public, signer
from test_bundle import places
from version import VERSION

from update import fleet_key, room

NEW = {**FILES, "state/core.py": b"new" * 1_000}


BEGIN = {"version": "0.9.0", "size": 9, "sha256": "0" * 64}
URLS = {
    7: "url: not a str",
    "ftp://fleet.example/x": "not https://host",
    "fleet.example/x": "not https://host",
    "https:///x": "not https://host",
    "https://user:word@fleet.example/x": "not https://host",
    "https://fleet.example:ten/x": "not https://host",
    "http://fleet.example/x": "not without TLS",
    "http://127.0.0.1.fleet.example/x": "not without TLS",
    "https://fleet.example/x y": "plain characters",
    "https://fleet.example/x\r\nX: y": "plain characters",
    "https://fleet.example/" + "x" * 229: "not 1 to 250",
}


def to_the_reset(box, content=None):
    box.download(content or made(files=NEW))
    box.updates.ask("install", None)
    box.turns()


def test_an_update_from_begin_to_confirmation(box):
    to_the_reset(box)
    assert box.resets and box.restarting
    box.start()
    assert box.slots.running == "b" and box.updates.phase == "trial"
    box.turns(120)
    assert box.updates.phase == "idle"
    assert box.told[-1] == {"event": "update_installed", "version": "0.9.0", "why": ""}
    assert not (box.root / "update.part").exists()
    box.start()
    assert box.slots.running == "b" and box.slots.good == "b"
    assert (box.root / "b/state/core.py").read_bytes() == NEW["state/core.py"]


def test_the_report_is_what_home_assistant_reads(box):
    assert box.updates.report() == {
        "installed_version": VERSION,
        "latest_version": VERSION,
        "in_progress": False,
        "update_percentage": None,
        "phase": "idle",
        "why": "",
    }
    content = made(files=NEW)
    box.begin(content)
    box.piece(content, 0)
    told = box.updates.report()
    assert told["latest_version"] == "0.9.0" and told["in_progress"]
    assert told["update_percentage"] == 1_024 * 100 // len(content)


@pytest.mark.parametrize("what", places(made()))
def test_a_tampered_bundle_is_refused_with_a_reason_and_changes_nothing(box, what):
    content = bytearray(made())
    first, end = places(bytes(content))[what]
    content[(first + end) // 2] ^= 4
    before = box.files()
    try:
        box.download(bytes(content))
    except ValueError as wrong:
        assert str(wrong).startswith(("bundle: ", "update/piece: nothing is being downloaded"))
    box.turns()
    assert box.updates.phase == "refused" and box.updates.why.startswith("bundle: ")
    assert box.told[-1]["event"] == "update_refused"
    assert box.files() == before and not box.resets
    box.start()
    assert box.slots.running == "a" and box.updates.phase == "idle"


@pytest.mark.parametrize(
    "facts, why",
    [
        ({"board": "smartevse_v3"}, "for board smartevse_v3, this is virtual"),
        ({"chip": "esp32"}, "for chip esp32, this is esp32s3"),
        ({"mpy": 5}, "for mpy 5, this is 6"),
        ({"base": "99.0.0"}, "wants MicroPython 99.0.0"),
        ({"base": "new"}, "'new' is no version"),
        ({"version": VERSION}, "is not newer than"),
        ({"version": "0.1.9"}, "0.1.9 is not newer than"),
        ({"version": "0.9.1"}, "not the one that was announced"),
        ({"version": [9]}, "is no version"),
        ({"format": 2}, "format 2, known: 1"),
    ],
)
def test_a_bundle_for_another_box_is_refused_at_its_head(box, facts, why):
    content = made(files=NEW, **facts)
    box.begin(content)
    with pytest.raises(ValueError, match=why):
        box.piece(content, 0)
    assert box.updates.phase == "refused" and why in box.updates.why


def test_without_a_key_nothing_is_taken(box):
    (box.root / "update.key").unlink()
    with pytest.raises(ValueError, match="no fleet key"):
        box.download(made())


@pytest.mark.parametrize(
    "value, why",
    [
        (None, "not an object"),
        ({"version": "0.9.0", "size": 9}, "sha256: not a str"),
        ({"version": "0.9.0", "size": True, "sha256": "0" * 64}, "size: not a int"),
        ({"version": "0.9.0", "size": 9, "sha256": "0"}, "not 64 digits"),
        ({"version": "0.9.0", "size": 0, "sha256": "0" * 64}, "0 bytes, at most"),
        ({"version": "0.9.0", "size": (1 << 22) + 1, "sha256": "0" * 64}, "at most 4194304"),
        ({"version": "0.0.9", "size": 9, "sha256": "0" * 64}, "not newer than"),
        ({"version": "1.0", "size": 9, "sha256": "0" * 64}, "no version such as"),
        *[({**BEGIN, "url": url}, why) for url, why in URLS.items()],
    ],
)
def test_a_wrong_beginning_is_refused_and_changes_nothing(box, value, why):
    with pytest.raises(ValueError, match=why):
        box.updates.ask("begin", value)
    assert box.updates.phase == "idle" and not (box.root / "update.json").exists()


def test_what_does_not_fit_is_refused(box, monkeypatch):
    monkeypatch.setattr("update.room.free_bytes", lambda root: room.SPARE_BYTES + 1_000)
    with pytest.raises(ValueError, match="1001 bytes, room for 1000"):
        box.begin(bytes(1_001))
    with pytest.raises(ValueError, match="501 bytes when installed, room for 499"):
        box.begin(bytes(501))
    assert box.begin(bytes(500))["have"] == 0


def test_what_does_not_fit_leaves_the_download_before_it(box, monkeypatch):
    content = made(files=NEW)
    box.begin(content)
    box.piece(content, 0)
    monkeypatch.setattr("update.room.free_bytes", lambda root: room.SPARE_BYTES)
    with pytest.raises(ValueError, match="room for 1024"):
        box.begin(bytes(9_000), "0.9.1")
    assert box.updates.ask("status", None)["have"] == 1_024


def test_the_manifest_tells_what_the_slot_takes(box, monkeypatch):
    """A block for each of 60 small files: more than the bundle has bytes."""
    content = made(files={**NEW, **{"state/f%d.py" % k: b"x" for k in range(60)}})
    block = os.statvfs(box.root).f_bsize
    monkeypatch.setattr("update.room.free_bytes", lambda root: room.SPARE_BYTES + 66 * block)
    box.begin(content)
    with pytest.raises(ValueError, match="%d bytes when installed, room for" % (70 * block)):
        for at in range(0, len(content), 1_024):
            box.piece(content, at)
    assert box.updates.phase == "refused" and not (box.root / "update.part").exists()


def test_a_download_goes_on_after_a_cut(box):
    content = made(files=NEW)
    box.begin(content)
    box.piece(content, 0)
    box.start()
    assert box.updates.phase == "downloading"
    assert box.begin(content)["have"] == 1_024
    for at in range(1_024, len(content), 1_024):
        box.piece(content, at)
    box.turns()
    assert box.updates.phase == "ready"


def test_a_url_may_be_given_up_for_pieces_and_pieces_for_a_url(box):
    content = made(files=NEW)
    box.begin(content)
    box.piece(content, 0)
    url = "https://fleet.example/" + "x" * 228
    value = {"version": "0.9.0", "size": len(content), "sha256": "0" * 64, "url": url}
    assert box.updates.ask("begin", value)["have"] == 1_024
    with pytest.raises(ValueError, match="this one comes from https://fleet"):
        box.piece(content, 1_024)
    assert box.begin(content)["have"] == 1_024
    box.piece(content, 1_024)


def test_pieces_out_of_turn(box):
    content = made(files=NEW)
    with pytest.raises(ValueError, match="nothing is being downloaded"):
        box.piece(content, 0)
    box.begin(content)
    box.piece(content, 0)
    assert box.piece(content, 0) == {"have": 1_024}  # its reply was lost
    with pytest.raises(ValueError, match="at 4096, wanted: at 1024"):
        box.piece(content, 4_096)
    damaged = {"at": 1_024, "crc32": 1, "base64": "QUJD"}
    with pytest.raises(ValueError, match="damaged on its way"):
        box.updates.ask("piece", damaged)
    with pytest.raises(ValueError, match="longer than"):
        box.piece(content + bytes(3_000), 1_024, len(content))
    assert box.updates.ask("status", None)["have"] == 1_024


def test_another_bundle_takes_the_place_of_the_first(box):
    content = made(files=NEW)
    box.begin(content)
    box.piece(content, 0)
    other = made(files=NEW, version="0.9.1")
    assert box.begin(other, "0.9.1")["have"] == 0
    box.download(other, "0.9.1")
    box.turns()
    assert box.updates.phase == "ready"


def test_a_full_flash_is_a_refusal(box, monkeypatch):
    def full(*_):
        raise OSError(28)

    box.begin(made())
    monkeypatch.setattr(box.updates._download, "add", full)
    with pytest.raises(ValueError, match="update: the flash: 28"):
        box.piece(made(), 0)


def test_nothing_is_written_while_the_contactor_is_closed(box):
    content = made(files=NEW)
    box.quiet = False
    with pytest.raises(ValueError, match="later"):
        box.begin(content)
    box.quiet = True
    box.download(content)
    box.updates.ask("install", None)
    box.quiet = False
    before = box.files()
    box.turns(200)
    assert box.files() == before and not box.resets
    box.quiet = True
    box.turns()
    assert box.resets


def test_an_installation_waits_for_the_car_to_leave(box):
    box.snapshot.session_number = 7
    to_the_reset(box)
    assert box.updates.phase == "waiting" and not (box.root / "b").exists()
    box.snapshot.session_number = 0
    box.turns(2)
    assert box.updates.phase == "installing"
    box.snapshot.session_number = 8
    before = box.files()
    box.turns()
    assert box.files() == before
    box.snapshot.session_number = 0
    box.turns()
    assert box.resets


def test_the_fleet_may_say_now(box):
    box.snapshot.session_number = 7
    box.download(made(files=NEW))
    box.updates.ask("install", {"now": True})
    box.turns()
    assert box.resets and box.restarting


def test_a_wish_to_install_outlives_a_restart(box):
    content = made(files=NEW)
    box.begin(content)
    box.updates.ask("install", None)
    box.piece(content, 0)
    box.start()
    for at in range(1_024, len(content), 1_024):
        box.piece(content, at)
    box.turns()
    assert box.resets


def test_install_without_a_download_is_refused(box):
    with pytest.raises(ValueError, match="nothing is downloaded"):
        box.updates.ask("install", None)


def on_trial(box):
    to_the_reset(box)
    box.resets, box.restarting = 0, 0
    box.start()
    assert box.updates.phase == "trial"


@pytest.mark.parametrize(
    "spoil, why",
    [
        (lambda box: setattr(box.snapshot, "letter", 4), "a plausible pilot: it is E"),
        (lambda box: setattr(box.snapshot, "faults", 1), "no new fault: "),
        (lambda box: setattr(box, "why", "OSError: 113"), "the broker: OSError: 113"),
    ],
)
def test_a_box_that_is_not_healthy_is_back_at_the_old_one(box, spoil, why):
    on_trial(box)
    spoil(box)
    box.turns(500)
    assert box.updates.phase == "trial" and why in box.updates.why
    box.snapshot.session_number = 3
    box.turns(10, span_ms=70_000)
    assert not box.resets  # a car is connected
    box.snapshot.session_number = 0
    box.turns(3)
    assert box.resets and box.restarting
    box.start()
    assert box.slots.running == "a" and box.updates.phase == "refused"
    assert box.told[-1]["event"] == "update_failed" and why in box.told[-1]["why"]
    box.start()
    assert [told["event"] for told in box.told].count("update_failed") == 1
    to_the_reset(box)  # the fleet may try the same again
    assert box.resets


def test_a_broker_that_was_missing_before_is_not_missed(box):
    box.why = "OSError: 113"
    on_trial(box)
    box.turns(120)
    assert box.slots.good == "b"


def test_a_loop_that_stands_still_is_not_healthy(box):
    on_trial(box)
    for _ in range(300):
        box.now_ms += 50
        box.updates.poll(box.now_ms)
    assert box.updates.phase == "trial"


def test_a_fault_that_was_there_before_is_no_reason(box):
    box.snapshot.faults = 1
    to_the_reset(box)
    box.start()
    box.snapshot.faults = 1
    box.turns(120)
    assert box.slots.good == "b"


def test_a_passing_disturbance_only_delays(box):
    on_trial(box)
    box.turns(80)
    box.snapshot.letter = 5
    box.turns(1)
    box.snapshot.letter = 0
    box.turns(90)
    assert box.updates.phase == "trial"
    box.turns(20)
    assert box.updates.phase == "idle"


def test_nothing_is_begun_during_a_trial(box):
    on_trial(box)
    with pytest.raises(ValueError, match="not now, phase trial"):
        box.begin(made(version="1.0.0"), "1.0.0")


def test_a_cut_behind_the_confirmation_leaves_no_download(box):
    on_trial(box)
    box.slots.confirm()
    box.start()
    assert box.updates.phase == "idle" and not (box.root / "update.part").exists()


def statement(new, old, prover=None):
    from base64 import b64encode

    message = fleet_key.PREFIX + public(new)
    parts = (public(new), signer(old)(message), signer(prover or new)(message))
    return dict(zip(("key", "by_old", "by_new"), [b64encode(part).decode() for part in parts]))


def test_the_key_names_its_successor(box):
    old, new = private_key(), private_key(1)
    told = box.updates.ask("key", statement(new, old))
    assert told == {"key": fleet_key.fingerprint(public(new))}
    assert box.updates.ask("key", statement(new, old)) == told  # told twice
    content = made(files=NEW)
    box.begin(content)
    with pytest.raises(ValueError, match="not signed by key " + told["key"]):
        box.piece(content, 0)
    box.download(made(files=NEW, key=new))
    box.turns()
    assert box.updates.phase == "ready"


@pytest.mark.parametrize(
    "spoil, why",
    [
        (lambda old, new: statement(new, new), "not signed by the key in use"),
        (lambda old, new: statement(new, old, old), "not signed by the new key"),
        (lambda old, new: {**statement(new, old), "key": "QUJD"}, "3 bytes, wanted 384"),
        (lambda old, new: {**statement(new, old), "by_old": "QUJD"}, "by the key in use"),
        (lambda old, new: {"key": "QUJD"}, "by_old: not a str"),
    ],
)
def test_a_key_that_nobody_vouches_for_is_refused(box, spoil, why):
    with pytest.raises(ValueError, match=why):
        box.updates.ask("key", spoil(private_key(), private_key(1)))
    assert fleet_key.load(box.slots.root) == public(private_key())


def test_the_last_piece_may_be_asked_again(box):
    """Its reply was lost, and meanwhile the box has checked the whole, or refused it."""
    content = made(files=NEW)
    box.download(content)
    box.turns()
    last = (len(content) - 1) // 1_024 * 1_024
    assert box.updates.phase == "ready" and box.piece(content, last) == {"have": len(content)}
    box.updates.phase = "installing"
    assert box.piece(content, last) == {"have": len(content)}
    with pytest.raises(ValueError, match="not now, phase installing"):
        box.begin(content)


def test_a_refusal_is_said_again(box):
    content = made(key=private_key(1))
    box.begin(content)
    for _ in range(2):
        with pytest.raises(ValueError, match="not signed by key"):
            box.piece(content, 0)
