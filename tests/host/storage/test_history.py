"""What the journal tells afterwards: by number, as sessions, as CSV and JSON on the host."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from box.serial_port import VirtualBoard
from storage import history
from storage.flash_store import FlashStore
from storage.journal import DRAFT, EVENT, MARK, SESSION

BOX = str(Path(sys.executable).parent / "box")
SECTORS = 32


def record(number, **changed):
    told = dict.fromkeys(history.COLUMNS)
    told.update(session=number, energy_wh=number * 10, phase_wh=[number * 10, 0, 0], faults=[])
    told.update(limits_s={"house": 60, "cable": 5}, ocmf='OCMF|{"FV":"1.2"}|{}')
    return {**told, **changed}


@pytest.fixture
def device(flash):
    """A journal that came round, with 3 events and a session each, the last one unsigned."""
    device = flash(SECTORS)
    store = FlashStore(device)
    for number in range(1, 121):
        for seq in range(4 * number - 3, 4 * number + 1):
            told = json.dumps({"event": "offer", "seq": seq, "filling": "x" * 150})
            store.journal.append(EVENT, told.encode(), seq)
        draft = json.dumps(record(number, ocmf=None)).encode()
        store.journal.append(DRAFT, draft, 4 * number)
        store.journal.append(MARK, b'{"session": 1}', 4 * number)
        if number < 120:
            store.journal.append(SESSION, json.dumps(record(number)).encode(), 4 * number)
        while store.prepare():
            pass
    return device


def test_an_event_is_found_by_its_number(device):
    journal = FlashStore(device).journal
    found = [seq for seq in range(1, 482) if history.event(journal, seq)]
    assert found == list(range(found[0], 481)) and 1 < found[0] < 400
    assert history.event(journal, found[0])["seq"] == found[0]
    assert history.event(journal, 0) is None and history.event(journal, 481) is None


def test_sessions_come_newest_first_and_once(device):
    journal = FlashStore(device).journal
    numbers = [one["session"] for one in history.sessions(journal)]
    assert numbers == list(range(120, 120 - len(numbers), -1)) and len(numbers) > 20
    assert [history.session(journal, n)["ocmf"] is None for n in (120, 119)] == [True, False]
    assert history.session(journal, 1) is None and history.session(journal, 121) is None


def exported(*words):
    child = subprocess.run([BOX, "sessions", *words], capture_output=True, text=True, check=False)
    return child.returncode, child.stdout, child.stderr


def test_an_image_of_the_flash_becomes_csv_and_json(device, tmp_path):
    image, out = tmp_path / "journal.bin", tmp_path / "sessions.csv"
    image.write_bytes(device._cells)
    before = image.read_bytes()
    assert exported(str(image), "--count", "3", "--out", str(out))[0] == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["session"] for row in rows] == ["120", "119", "118"]
    assert rows[1]["limits_s"] == "cable=5 house=60" and rows[1]["phase_wh"] == "1190 0 0"
    assert rows[1]["ocmf"] == 'OCMF|{"FV":"1.2"}|{}' and rows[0]["ocmf"] == ""
    told = json.loads(exported(str(image), "--format", "json", "--count", "2")[1])
    assert told == [record(120, ocmf=None), record(119)]
    assert image.read_bytes() == before


def test_messages_become_sessions_too(tmp_path):
    path = tmp_path / "mqtt.jsonl"
    lines = [{"topic": "wallbox/a/state", "payload": {}}]
    lines += [{"topic": "wallbox/a/session", "payload": record(n)} for n in (1, 2, 2)]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    told = json.loads(exported(str(path), "--format", "json")[1])
    assert [one["session"] for one in told] == [2, 1]


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("none.bin", None, "No such file"),
        ("short.bin", b"\xff" * 5_000, "5000 bytes are no journal partition"),
        ("blank.bin", b"\xff" * 4_096 * 32, "no sessions in it"),
        ("x.jsonl", b"{\n", "x.jsonl:1: not a message"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    status, out, err = exported(str(path))
    assert status == 2 and said in err and err.count("\n") == 1 and not out


@pytest.mark.parametrize(
    "value, cell",
    [
        (None, ""),
        (7, "7"),
        ("=1+1", "'=1+1"),
        ('a,"b', '"a,""b"'),
        (["a", "b"], "a b"),
        ({}, ""),
    ],
)
def test_a_cell_is_safe_for_spreadsheets(value, cell):
    assert history.cell(value) == cell


def test_a_running_box_tells_its_sessions_over_its_port(tmp_path):
    rows = [[3_000, "ev.cp_ohm", "2740"], [5_000, "ev.cp_ohm", "open"], [20_000, "temp.c", "20"]]
    with VirtualBoard(tmp_path, rows) as board:
        end = time.monotonic() + 30
        while not (board.log.exists() and "session_ended" in board.log.read_text()):
            assert time.monotonic() < end
            time.sleep(0.1)
        status, out, err = exported(board.port, "--format", "json")
    assert status == 0, err
    (told,) = json.loads(out)
    assert told["session"] == 1 and told["ocmf"].startswith("OCMF|") and told["key"]
