"""The black box of the whole firmware under MicroPython, run again on CPython: same decisions."""

import json

import pytest
from blackbox import TICK, BlackBox
from typer.testing import CliRunner

from box import main, replay, scenario
from state.charging import SEQUENCES
from state.core import Core
from state.records import Inputs
from state.settings import Settings

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


def test_a_value_of_any_width_is_told_as_it_was():
    """Values beyond 16 bits take two entries: both ends of each width, and what lies between."""
    inputs = Inputs()
    values = [0, -1, 32_767, 32_768, -32_768, -32_769, 65_535, 65_536, -65_536, 98_304]
    values += [230_000, -12_000, (1 << 30) - 1, -(1 << 30), 0x7FFF_8000 >> 1]
    box = BlackBox(Core(Settings(), inputs), inputs, SEQUENCES, 0)
    for value in values:
        inputs.power_w = value
        box.before(9)
        box.after()
    box.freeze()
    lines = list(box.lines())
    code = lines[0]["codes"].index("inputs.power_w") + 1
    entries = [pair for piece in lines[1:] for pair in zip(piece[::2], piece[1::2])]
    assert [value for at, value in entries if at == code] == values[1:]
    assert [value for at, value in entries if at == TICK] == [9] * len(values)
