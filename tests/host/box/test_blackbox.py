"""The black box of the whole firmware under MicroPython, run again on CPython: same decisions."""

import json

import pytest
from typer.testing import CliRunner

from box import main, replay, scenario

CHARGE = """0,cp.noise_v,0.05
0,ev.current_a,16
0,ev.follow,1
5000,ev.cp_ohm,2740
7000,ev.cp_ohm,882
"""


@pytest.fixture
def dump(tmp_path):
    """dump(rows) -> path of the black box's dump after CHARGE and rows."""

    def record(rows, until_ms=None):
        path = tmp_path / "scenario.csv"
        path.write_text(CHARGE + rows)
        target = tmp_path / "dump.json"
        rows = scenario.read(path)
        failure = scenario.run(rows, tmp_path / "o.csv", 1, until_ms, blackbox=target)
        assert not failure, failure
        return target

    return record


CAUSES = {
    "15000,ev.diode,0": "diode_lost",
    "15000,ev.cp_ohm,0": "pilot_short",
    "15000,pe.ok,0": "earth_lost",
    "15000,rcm.dc_ma,8": "residual_dc",
    "15000,cp.oscillator_permille,1000": "oscillator",
    "12000,limit.house,8\n15000,ev.follow,0": "over_current",
    "15000,contactor.fault,stuck_open": "stuck_open",
    "15000,ev.cp_ohm,open": "",
}


@pytest.mark.parametrize("rows", CAUSES)
def test_a_dump_runs_again_to_the_same_decision(dump, rows):
    head, entries = replay.read(dump(rows, 40_000))
    ticks = list(replay.Replay(head, entries).run())
    assert sum(elapsed_ms for elapsed_ms, _, _ in ticks) >= 1_500
    assert all(recorded == now for _, recorded, now in ticks)
    opened = [now for _, _, now in ticks if not now["core.closing"]]
    assert opened and ticks[0][2]["core.closing"]
    if CAUSES[rows]:
        assert CAUSES[rows] in replay.told(opened[-1])


def test_another_core_is_noticed(dump):
    head, entries = replay.read(dump("15000,ev.cp_ohm,0"))
    head["settings"]["glitch_hold_ms"] = 0
    head["start"]["pilot.letter"] = 1
    ticks = list(replay.Replay(head, entries).run())
    assert any(recorded != now for _, recorded, now in ticks)


def test_an_orderly_end_freezes_nothing(dump):
    assert dump("15000,ev.cp_ohm,2740\n20000,ev.cp_ohm,open").read_text() == ""


def test_the_next_closing_starts_a_new_record(dump):
    text = "15000,ev.cp_ohm,open\n20000,ev.cp_ohm,2740\n25000,ev.cp_ohm,882"
    assert dump(text, 40_000).read_text() == ""


def test_the_command_tells_and_fails_by_its_exit_status(dump, tmp_path):
    path = dump("15000,ev.cp_ohm,0")
    result = CliRunner().invoke(main.app, ["replay", str(path)])
    assert result.exit_code == 0, result.output
    assert "pilot_short" in result.output and "0 decided otherwise" in result.output
    lines = path.read_text().splitlines()
    head = json.loads(lines[0])
    head["start"]["pilot.letter"] = 1
    path.write_text("\n".join([json.dumps(head), *lines[1:]]))
    assert CliRunner().invoke(main.app, ["replay", str(path)]).exit_code == 1
    for text in ("", "{}", "nonsense", '{"format": 99}'):
        path.write_text(text)
        wrong = CliRunner().invoke(main.app, ["replay", str(path)])
        assert wrong.exit_code == 2 and "not a dump" in wrong.output
