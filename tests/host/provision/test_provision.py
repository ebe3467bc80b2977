"""`box provision` through mpremote's own transport, on a virtual serial board."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from box import provision
from box.serial_box import PortError, SerialBox, check_port
from box.serial_port import VirtualBoard

BOX = str(Path(sys.executable).parent / "box")
ANSWERS = {
    "box_id": "garage",
    "installer_limit_a": "16",
    "wifi_ssid": "Haus",
    "wifi_key": "not-for-files",
    "broker_host": "broker.example",
    "broker_password": "nor-this",
}


@pytest.fixture
def board(tmp_path, monkeypatch):
    monkeypatch.setattr(provision, "PLACE", tmp_path / "provision")
    with VirtualBoard(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
    """For tests that leave a box another may go on with."""
    with VirtualBoard(tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def shared(shared_board, tmp_path, monkeypatch):
    monkeypatch.setattr(provision, "PLACE", tmp_path / "provision")
    return shared_board


def person(answers, asked):
    """A prompt that answers by the field's name and keeps the default otherwise."""

    def prompt(question, default, is_secret):
        name = re.search(r"\((\w+)\)$", question)[1]
        asked.append((name, default, is_secret))
        answer = answers.get(name, "")
        return answer.pop(0) if isinstance(answer, list) else answer

    return prompt


def config_of(board):
    with SerialBox(board.port) as box:
        return box.ask("import json\nprint(repr(json.load(open('config.json'))))")


def test_a_box_becomes_somebodys_box(board, tmp_path):
    asked, told = [], []
    ca = tmp_path / "root.der"
    ca.write_bytes(b"\x30\x82" + bytes(range(256)) * 3)
    signers = tmp_path / "fleet.pem.pub"
    signers.write_bytes(bytes(range(192)) * 2)
    files = {"tls_ca": ca, "update_key": signers}
    label = provision.provision(
        board.port, {"timezone": "CET-1"}, files, person(ANSWERS, asked), told.append
    )
    with SerialBox(board.port) as box:
        kept = box.ask("print(repr(open('update.key', 'rb').read()))")
    assert kept == signers.read_bytes()
    config = config_of(board)
    for name, text in ANSWERS.items():
        assert str(config[name]) == text
    assert config["timezone"] == "CET-1" and config["tls_ca"] == "ca.der"
    assert "timezone" not in [name for name, _, _ in asked]
    assert {name for name, _, is_secret in asked if is_secret} == {"wifi_key", "broker_password"}
    assert "ca.der 770 of 770 bytes" in told
    with SerialBox(board.port) as box:
        assert box.ask("print(repr(open('ca.der', 'rb').read()))") == ca.read_bytes()
    key = re.search(r"Key (\S+)", label.read_text())[1]
    assert config["setup_key"] == key and "wallbox-garage" in label.read_text()
    assert stat.S_IMODE(label.stat().st_mode) == 0o600
    assert [path.name for path in label.parent.iterdir()] == [label.name]


def test_a_wrong_answer_is_named_and_asked_again(shared):
    asked, told = [], []
    answers = {"installer_limit_a": ["lots", "99", "20"], "box_id": ["a/b", "ab"]}
    provision.provision(shared.port, {}, {}, person(answers, asked), told.append)
    assert [text for text in told if "config" in text] == [
        "config box_id: 'a/b' has one of / + #",
        "config installer_limit_a: 'lots' is not a number",
        "config installer_limit_a: value 99 is not from 6 to 80",
    ]
    config = config_of(shared)
    assert (config["box_id"], config["installer_limit_a"]) == ("ab", 20)


def test_what_was_answered_before_is_the_default_the_next_time_but_no_secret(shared):
    def hang_up(question, default, is_secret):
        if "broker_host" in question:
            raise KeyboardInterrupt
        return ANSWERS.get(re.search(r"\((\w+)\)$", question)[1], "")

    with pytest.raises(KeyboardInterrupt):
        provision.provision(shared.port, {}, {}, hang_up, print)
    kept = next(provision.PLACE.iterdir())
    assert "not-for-files" not in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    asked = []
    provision.provision(shared.port, {}, {}, person({"wifi_key": "again"}, asked), print)
    assert dict((name, default) for name, default, _ in asked)["box_id"] == "garage"
    config = config_of(shared)
    assert (config["box_id"], config["wifi_key"]) == ("garage", "again")
    assert not kept.exists()


def test_a_key_that_is_on_a_label_stays(board):
    first = provision.provision(board.port, {}, {}, person({}, []), print)
    key = config_of(board)["setup_key"]
    text = first.read_text()
    provision.provision(board.port, {}, {}, person({}, []), print)
    assert config_of(board)["setup_key"] == key and first.read_text() == text


def test_while_a_car_charges_nothing_is_written(tmp_path):
    rows = [[0, "ev.current_a", "16"], [3_000, "ev.cp_ohm", "2740"], [6_500, "ev.cp_ohm", "882"]]
    with VirtualBoard(tmp_path, [*rows, [14_000, "ev.cp_ohm", "882"]]) as board:
        with pytest.raises(PortError, match="a car is charging"):
            provision.provision(board.port, {}, {}, person({}, []), print)
        with SerialBox(board.port) as box:
            assert box.ask("import os\nprint('setup_key' in open('config.json').read())") is False
        assert [v for _, name, v in board.signals() if name == "contactor.closed"][-1] == "1"


def test_labels_differ_and_read_well():
    keys = {provision.new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){2}[A-HJ-NP-Z2-9]{4}", key) for key in keys)


FILES = {
    "PEM; the box reads DER": b"-----BEGIN CERTIFICATE-----\n",
    "0 bytes": b"",
    "5000 bytes, 1 to 4096": bytes(5_000),
}


def test_a_field_that_is_none_is_one_sentence():
    with pytest.raises(ValueError, match="box_idd"):
        provision.provision("/dev/none", {"box_idd": "garage"}, {}, None, None)


@pytest.mark.parametrize("said", FILES)
def test_a_file_the_box_cannot_use_is_refused_before_anything(said, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(FILES[said])
    with pytest.raises(ValueError, match=said):
        provision.provision("/dev/none", {}, {"tls_ca": path}, None, None)


def test_a_private_key_is_never_put_on_a_box(tmp_path):
    path = tmp_path / "fleet.pem"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(ValueError, match="not the .pub file"):
        provision.provision("/dev/none", {}, {"update_key": path}, None, None)


def test_no_port_and_a_busy_one_are_one_sentence(shared):
    with pytest.raises(PortError, match="/dev/nothing: no such port; found: "):
        check_port("/dev/nothing")
    with SerialBox(shared.port), pytest.raises(PortError, match="busy: another program"):
        SerialBox(shared.port)


def test_the_verb_takes_its_answers_from_the_command_line(shared, tmp_path):
    given = [*provision.ASKED]
    given.append("setup_key")  # another one than the box may have: the label is written anew
    words = [word for name in given for word in ("--set", "%s=%s" % (name, default(name)))]
    ran = subprocess.run(
        [BOX, "provision", "--port", shared.port, *words, "--set", "installer_limit_a=20"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr
    label = tmp_path / re.search(r"label: (build/provision/\S+)", ran.stdout)[1]
    assert "Key K7QF-3MXP-9TRA" in label.read_text()
    assert json.loads(json.dumps(config_of(shared)))["installer_limit_a"] == 20


def default(name):
    from storage.config import FIELDS

    return "K7QF-3MXP-9TRA" if name == "setup_key" else FIELDS[name][0]


def test_the_verb_refuses_in_one_line(tmp_path):
    ran = subprocess.run(
        [BOX, "provision", "--port", "/dev/nothing"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1 and ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("box provision: /dev/nothing: no such port")
