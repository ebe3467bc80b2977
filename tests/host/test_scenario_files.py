"""Scenario files on the host: what is read, what is refused, and that refusing loses nothing."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from box import scenario, vcd

BOX = str(Path(sys.executable).parent / "box")


def read(tmp_path, text):
    path = tmp_path / "s.csv"
    path.write_text(text)
    return scenario.read(path)


def test_comments_blank_lines_and_the_header_are_passed_over(tmp_path):
    text = "# hello\nt_ms,signal,value\n\n 5, ev.cp_ohm ,2740 \n"
    assert read(tmp_path, text) == [[5.0, "ev.cp_ohm", "2740"]]


def test_a_json_value_keeps_its_commas(tmp_path):
    value = '{"a": 10, "lifetime_s": 60}'
    assert read(tmp_path, "5,cmd.limit,%s" % value) == [[5.0, "cmd.limit", value]]
    quoted = '"{""a"": 10, ""lifetime_s"": 60}"'
    assert read(tmp_path, "5,cmd.limit,%s" % quoted) == [[5.0, "cmd.limit", value]]


GOOD = """ev.cp_ohm,open;ev.cp_ohm,882;ev.diode,1;ev.current_a,16;ev.current_a,16/16/0;ev.follow,1
ev.power_factor,0.9;ev.model,zoe;cp.high_v,-12;cp.low_v,auto;cp.noise_v,0.05;cp.spike_ppm,10000
pp.ohm,220;pp.ohm,open;mains.v,230;mains.v,230/0/230;mains.hz,50.1;rcm.dc_ma,6;rcm.ac_ma,30
contactor.fault,welded;contactor.fault,none;temp.c,-20;pe.ok,0;limit.house,16;limit.x,none
cmd.enable,true;cmd.limit,10;link.broker,silent;power,0""".replace("\n", ";").split(";")


@pytest.mark.parametrize("row", GOOD)
def test_every_signal_of_the_contract_is_read(tmp_path, row):
    assert len(read(tmp_path, "0," + row)) == 1


BAD = {
    "0,ev.cp_ohm,abc": "ev.cp_ohm: 'abc' is not ohms",
    "0,ev.cp_ohm,-5": "ev.cp_ohm: '-5' is not ohms",
    "0,ev.cp_ohm,nan": "ev.cp_ohm",
    "0,ev.cp_ohm,1_000": "ev.cp_ohm: '1_000' is not ohms",
    "0,ev.cp_ohm,\u0663\u0660": "is not ohms",
    "0,cmd.limit,NaN": "cmd.limit: 'NaN' is not JSON",
    "0,cmd.limit," + "[" * 9_999: "is not JSON",
    "1_0,ev.diode,1": "t_ms: '1_0' is not a time",
    "\n".join("0,limit.l%d,9" % k for k in range(9)): "limit.l8: more than 8 limits at once",
    "0,ev.diode,2": "ev.diode: '2' is not one of 0, 1",
    "0,ev.current_a,16/16": "not one number or three",
    "0,ev.model,trabant": "no car called 'trabant'",
    "0,nothing,1": "nothing: no such signal",
    "0,limit.,1": "no such signal",
    "0,cmd.limit,{": "cmd.limit: '{' is not JSON",
    "0,link.broker,maybe": "link.broker: 'maybe' is not one of",
    "0,ev.cp_ohm": "is not t_ms,signal,value",
    "x,ev.cp_ohm,5": "t_ms: 'x' is not a time",
    "-1,ev.cp_ohm,5": "t_ms: '-1' is not a time",
    "9,ev.cp_ohm,5\n8,ev.cp_ohm,5": "8 comes after 9",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[-40:])
def test_a_mistake_is_one_line_with_its_place(tmp_path, text):
    with pytest.raises(ValueError) as wrong:
        read(tmp_path, text)
    said = str(wrong.value)
    assert BAD[text] in said and "\n" not in said
    assert re.search(r"s\.csv:%d: " % len(text.split("\n")), said)


def test_a_removed_limit_frees_its_place(tmp_path):
    rows = ["0,limit.l%d,9" % k for k in range(8)] + ["1,limit.l3,none", "2,limit.l8,9"]
    assert len(read(tmp_path, "\n".join(rows))) == 10


def test_a_byte_order_mark_is_passed_over(tmp_path):
    assert len(read(tmp_path, "\ufefft_ms,signal,value\n0,ev.diode,1\n")) == 1


def box(*arguments, cwd=None):
    return subprocess.run([BOX, *arguments], capture_output=True, text=True, check=False, cwd=cwd)


def test_a_refused_file_ends_with_2_and_touches_nothing(tmp_path):
    path, out = tmp_path / "s.csv", tmp_path / "o.csv"
    path.write_text("0,ev.cp_ohm,abc\n")
    out.write_text("precious")
    result = box("scenario", str(path), "--out", str(out))
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert out.read_text() == "precious"


def targets(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")  # stands for whatever is not a file, such as a device
    return {
        "folder": ("--out", "folder"),
        "pipe": ("--out", "pipe"),
        "input": ("--out", "s.csv"),
        "twice": ("--out", "o.csv", "--vcd", "o.csv"),
        "dump": ("--out", "o.csv", "--vcd", "folder"),
        "nowhere": ("--out", "no/o.csv"),
        "nan": ("--out", "o.csv", "--until", "nan"),
        "endless": ("--out", "o.csv", "--until", "inf"),
    }


WRONG_TARGETS = ("folder", "pipe", "input", "twice", "dump", "nowhere", "nan", "endless")


@pytest.mark.parametrize("name", WRONG_TARGETS)
def test_only_a_file_of_its_own_is_replaced(name, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("0,ev.diode,1\n")
    arguments = targets(tmp_path)[name]
    before = sorted(tmp_path.iterdir())
    result = box("scenario", "s.csv", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before
    assert path.read_text() == "0,ev.diode,1\n"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_is_none_is_one_line(tmp_path, name):
    result = box("scenario", str(tmp_path / name), "--out", str(tmp_path / "o.csv"))
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_the_command_writes_signals_and_a_dump(tmp_path):
    path, out, dump = tmp_path / "s.csv", tmp_path / "o.csv", tmp_path / "o.vcd"
    path.write_text("1000,ev.cp_ohm,2740\n")
    result = box("scenario", str(path), "--out", str(out), "--vcd", str(dump), "--until", "3000")
    assert (result.returncode, result.stderr) == (0, "")
    rows = scenario.load(out)
    assert any(row[1:] == ("cp.state", "B") for row in rows)
    assert max(row[0] for row in rows) <= 3_000
    assert "$enddefinitions $end" in dump.read_text()


def test_a_dump_has_every_change_in_order():
    text = vcd.dump(
        [(0, "lock", "0"), (5, "offer.a", "16.0"), (5, "iec.state", "B1"), (9, "lock", "1")]
    )
    names = dict(re.findall(r"\$var \w+ \d+ (\S+) (\S+) \$end", text))
    codes = {name: code for code, name in names.items()}
    changes = text.split("$enddefinitions $end\n")[1].splitlines()
    assert changes == [
        "#0",
        "0" + codes["lock"],
        "#5",
        "r16.0 " + codes["a"],
        "sB1 " + codes["state"],
        "#9",
        "1" + codes["lock"],
    ]


def test_a_wrong_car_prints_the_list():
    result = box("run", "--ev", "trabant")
    assert result.returncode == 2
    assert "zoe" in result.stderr and "leaf" in result.stderr


WRONG_BROKERS = """http://x mqtt:// mqtt://h:99999 mqtt://h:0 mqtt://a..b mqtt://me:secret@h
mqtt://h/path mqtt://127.0.0.1:1""".split()


@pytest.mark.parametrize("broker", WRONG_BROKERS)
def test_a_wrong_broker_is_one_line(broker, tmp_path):
    (tmp_path / "mqtt.jsonl").write_text("precious")
    result = box("run", "--broker", broker, "--out", str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert (tmp_path / "mqtt.jsonl").read_text() == "precious"


def test_a_wrong_out_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("precious")
    result = box("run", "--out", str(tmp_path / "file"))
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
