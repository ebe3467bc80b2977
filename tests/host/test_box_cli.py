"""The pieces of `box run`: what is judged, drawn, shown and left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage
from rich.console import Console

from box import brokers, mpy, picture, run, screen

BOX = str(Path(sys.executable).parent / "box")
# tests started in the background of a script ignore Ctrl-C, and so would what they start
HEARS_CTRL_C = ["env", "--default-signal=INT"]
ROOT = Path(__file__).resolve().parents[2]
GOOD = {"energy_wh": 1_000.0, "true_wh": 1_001.0, "session_ok": True, "why": ""}
COUNTS = dict.fromkeys(run.WANTED, 1)
STATUS = {
    "t_ms": 3_723_000,
    "cp": "C",
    "iec": "C2",
    "duty_permille": 533,
    "offer_a": 32.0,
    "offer_reason": "rating",
    "current_a": [16.0, 16.1, 15.9],
    "power_w": 11_040,
    "energy_wh": 1_234.5,
    "closed": 1,
    "fault": "",
    "session": 1,
    "phase": "charging",
    "progress": 0.31,
}
SESSION = [
    (0, "cp.state", "A"),
    (0, "contactor.closed", "0"),
    (0, "pilot.duty_permille", "1000"),
    (0, "offer.a", "32.0"),
    (0, "current.a", "0.0"),
    (0, "power.w", "0"),
    (0, "energy.wh", "0"),
    (5_000, "cp.state", "B"),
    (8_000, "cp.state", "C"),
    (8_500, "contactor.closed", "1"),
    (60_000, "power.w", "7360"),
    (60_000, "current.a", "32.0"),
    (90_000, "fault", "pilot_short"),
    (90_000, "contactor.closed", "0"),
    (120_000, "energy.wh", "61"),
]


def test_a_right_session_ends_with_0(tmp_path):
    assert run._report(GOOD, COUNTS, "zoe", tmp_path) == 0
    assert json.loads((tmp_path / "summary.json").read_text())["messages"] == COUNTS


@pytest.mark.parametrize("name", run.WANTED)
def test_a_kind_of_message_never_received_makes_it_wrong(name, tmp_path, capsys):
    assert run._report(GOOD, {**COUNTS, name: 0}, "zoe", tmp_path) == 1
    assert name in capsys.readouterr().out


def test_what_the_box_found_wrong_is_said(tmp_path, capsys):
    assert run._report({**GOOD, "why": "it counted too much"}, COUNTS, "zoe", tmp_path) == 1
    assert "wrong: it counted too much" in capsys.readouterr().out


BROKERS = {
    "mqtt://h": ("h", 1883),
    "mqtt://10.0.0.1:1884": ("10.0.0.1", 1884),
    "mqtt://a-b.local/": ("a-b.local", 1883),
}


@pytest.mark.parametrize("text", BROKERS)
def test_a_broker_has_a_host_and_perhaps_a_port(text):
    assert run.parse_broker(text) == BROKERS[text]


def test_the_simulator_comes_before_the_firmware_and_its_board():
    paths = mpy.environment("virtual")["MICROPYPATH"].split(":")
    wanted = ["tools/sim", "firmware", "boards/virtual", "build/lib"]
    assert paths == [str(ROOT / path) for path in wanted] + [".frozen"]


def test_the_picture_has_its_size_and_shows_the_session(tmp_path):
    path = tmp_path / "session.png"
    picture.draw(SESSION, "A car", path)
    image = picture.plt.imread(path)
    assert image.shape[:2] == (1025, 1625)
    background = (image[:, :, :3] > 0.99).all(axis=2).mean()
    assert 0.3 < background < 0.9


def test_a_series_ends_where_the_log_ends():
    assert picture.series(SESSION, "cp.state", str) == (
        [0, 5_000, 8_000, 120_000],
        ["A", "B", "C", "C"],
    )


def test_a_log_gets_a_line_a_tenth_not_a_line_a_status(capsys):
    show = screen.Lines("A car")
    for progress in (0.31, 0.32, 0.39, 0.41):
        show({**STATUS, "progress": progress})
    said = capsys.readouterr().out.splitlines()
    assert [line[:14] for line in said] == ["A car", "01:02:03   31 ", "01:02:03   41 "]


def test_the_panel_names_car_state_offer_and_last_event():
    event = {"at_ms": 61_000, "event": "offer", "reason": "house", "offer_a": 16.0, "seq": 8}
    console = Console(width=80, record=True, file=open(os.devnull, "w"))
    console.print(screen.panel("A car", {**STATUS, "fault": "earth_lost"}, [event]))
    text = console.export_text()
    for word in ("A car", "C2", "charging", "32.0 A (rating)", "earth_lost", "11.04 kW"):
        assert word in text
    assert "00:01:01  offer     offer_a 16.0, reason house" in text


def heard(tmp_path, *messages):
    """Return a listener that was told messages (topic, payload, retained) without a broker."""
    listener = brokers.Listener.__new__(brokers.Listener)
    listener.counts, listener.events = {}, brokers.deque(maxlen=brokers.EVENTS)
    with open(tmp_path / "mqtt.jsonl", "w") as listener._file:
        for topic, payload, retained in messages:
            message = MQTTMessage(topic=topic.encode())
            message.payload, message.retain = payload, retained
            listener._on_message(None, None, message)
    return listener


def test_what_the_broker_had_kept_from_before_does_not_count(tmp_path):
    listener = heard(tmp_path, ("wallbox/box/state", b"{}", True), ("wallbox/box/event", b"1", 0))
    assert listener.counts == {"event": 1}
    lines = [json.loads(line) for line in (tmp_path / "mqtt.jsonl").read_text().splitlines()]
    assert [line["retained"] for line in lines] == [True, 0]


def test_only_events_are_kept_as_events(tmp_path):
    wanted = b'{"at_ms": 1, "event": "offer"}'
    bad = [("wallbox/b/event", text, False) for text in (b"x", b"[]", b"{}", b'{"at_ms": "x"}')]
    listener = heard(tmp_path, *bad, ("wallbox/b/event", wanted, False))
    assert list(listener.events) == [{"at_ms": 1, "event": "offer"}]


def interrupted(tmp_path, *arguments, when):
    child = subprocess.Popen(
        [*HEARS_CTRL_C, BOX, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the whole group: also the box
    )
    end = time.monotonic() + 20
    while not when() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    return (*child.communicate(timeout=20), child.returncode)


def test_a_tool_that_is_not_installed_is_one_line(tmp_path):
    """As after make run alone, which does not want what real boards do."""
    missing = "raise ModuleNotFoundError('no', name='mpremote.transport')"
    (tmp_path / "mpremote.py").write_text(missing)
    ran = subprocess.run(
        [BOX, "provision", "--port", "/dev/nothing"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (2, "box: mpremote is not installed: make tools\n")


def test_an_interrupted_run_says_one_line(tmp_path):
    log = tmp_path / "signals.csv"
    (tmp_path / "session.png").write_text("of the run before")
    _, said, status = interrupted(
        tmp_path, "run", "--speed", "30", "--out", str(tmp_path), when=log.exists
    )
    assert (said, status) == ("box run: interrupted\n", 130)
    assert not (tmp_path / "session.png").exists()


def test_an_interrupted_scenario_leaves_nothing(tmp_path):
    path, out = tmp_path / "s.csv", tmp_path / "o.csv"
    path.write_text("0,ev.model,zoe\n")
    beside = tmp_path / "o.csv.new"
    _, said, status = interrupted(
        tmp_path,
        *("scenario", str(path), "--out", str(out), "--until", "360000000"),
        when=beside.exists,
    )
    assert (said.strip(), status) == ("", 130)
    assert list(tmp_path.iterdir()) == [path]
