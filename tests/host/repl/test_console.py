"""What the engineer types and reads, on the real firmware while a car comes, charges and goes."""

import ast
from pathlib import Path

import pytest

from box import replay

ROOT = Path(__file__).resolve().parents[3]
CHARGE = [
    [0, "ev.current_a", "16/16/16"],
    [0, "ev.follow", "1"],
    [5_000, "ev.cp_ohm", "2740"],
    [8_500, "ev.cp_ohm", "882"],
]


def do(t_ms, *sources):
    return [[t_ms, "do", "import console; " + source] for source in sources]


@pytest.mark.flashed
def test_status_tells_letter_state_offer_and_its_reason_and_faults(at_console):
    rows = [*do(4_000, "console.status()"), *CHARGE, *do(15_000, "console.status()")]
    idle, charging = at_console(rows, {"installer_limit_a": 20})
    for line in ("pilot      A, no car", "state      A1, for", "contactor  open, 0 closings"):
        assert line in idle
    assert "offer      20.0 A, reason installer, duty 100 % (steady +12 V)" in idle
    assert "offer      20.0 A, reason installer, duty 33.33 %" in charging
    for line in (
        "pilot      C, the car wants",
        "state      C2, for",
        "contactor  closed, 1 closing since",
    ):
        assert line in charging
    assert "faults     none" in idle
    assert "power      1" in charging and "16." in charging


@pytest.mark.flashed
def test_nothing_is_wider_than_a_terminal_and_nothing_is_returned(at_console):
    shown = "status why pilot meter faults events config help sessions".split()
    source = "; ".join("assert console.%s() is None" % name for name in shown)
    rows = [*CHARGE, *do(15_000, source), [16_000, "ev.cp_ohm", "0"], *do(16_500, source)]
    for said in at_console(rows):
        assert len(said.splitlines()) > 50
        assert [line for line in said.splitlines() if len(line) > 79] == []


def test_why_tells_the_rule_and_the_levels_of_the_last_edge(at_console):
    rows = [*do(1_000, "console.why()"), *CHARGE, *do(15_000, "console.why()")]
    rows += [[16_000, "ev.cp_ohm", "2740"], *do(18_000, "console.why()")]
    rows += [[19_000, "ev.cp_ohm", "0"], *do(19_500, "console.why()")]
    never, closed, opened, short = at_console(rows)
    assert "has not moved" in never
    assert "by rule 4: ready.\nThe pilot was at 5.9" in closed and "first sign" not in closed
    assert " ms after the first sign of it." in opened
    assert "Now C2: the contactor is closed." in closed
    assert " s ago by rule 8.1: stopped.\nThe pilot was at 8.9" in opened
    assert "Now E, open: pilot_short" in short


def test_a_fault_is_told_with_cause_advice_and_end(at_console):
    rows = [*CHARGE, [15_000, "ev.diode", "0"], *do(15_500, "console.faults()")]
    said = at_console(rows)[0]
    assert "diode_lost: No diode seen in the car. Dry the plug." in said
    assert "acts: open at once; ends when gone for its wait of 30 s" in said


REFUSED = {
    "console.set('bad', 1)": "config bad: unknown, known: authorisation, box_id",
    "console.set('safe_current_a', 99)": "config safe_current_a: value 99 is not from 0 to 32",
    "console.set('safe_current_a', '8')": "config safe_current_a: '8' is not a whole number",
    "console.set(1, 1)": "config 1: unknown",
    "console.limit(5)": "limit: 5 is not None, 0 or 6 to 80 A",
    "console.limit(-1)": "limit: -1 is not None",
    "console.limit(81)": "limit: 81 is not",
    "console.limit('8')": "limit: '8' is not",
    "console.limit(True)": "limit: True is not",
    "console.limit(float('nan'))": "limit: nan is not",
    "console.enable(1)": "enable: 1 is not True or False",
    "console.enable(None)": "enable: None is not",
    "console.events(0)": "events: 0 is not from 1 to 32",
    "console.events('x')": "events: 'x' is not from 1 to 32",
    "console.sessions(51)": "sessions: 51 is not from 1 to 50",
    "console.log('loud')": "log: 'loud' is not one of off, faults, events",
    "console.blackbox()": "black box: nothing frozen",
    "console.limit()": "limit() takes 1 positional arguments but 0 were given; see console.help()",
    "console.why('x')": "why() takes 0 positional arguments but 1 were given; see console.help()",
}


def test_a_wrong_argument_gets_one_sentence_and_changes_nothing(at_console):
    look = "console.status(); console.config()"
    rows = do(4_000, look, *REFUSED, look)
    before, *said, after = at_console(rows, {"installer_limit_a": 20})
    for text, source in zip(said, REFUSED):
        assert text.startswith(REFUSED[source]), source
        lines = text.splitlines()
        assert len(lines) == 1 or (len(text) > 79 and max(map(len, lines)) <= 79), source
    assert after == before


def test_a_limit_lowers_the_offer_and_goes_away(at_console):
    rows = [*do(1_000, "console.limit(10)"), *do(1_100, "console.status()")]
    rows += [*do(1_200, "console.limit(0)"), *do(1_300, "console.status()")]
    rows += [*do(1_400, "console.limit(None)"), *do(1_500, "console.status()")]
    said = at_console(rows)
    assert "at most 10.0 A" in said[0] and "offer      10.0 A, reason console" in said[1]
    assert "offer      0.0 A, reason console" in said[3]
    assert "no limit" in said[4] and "offer      32.0 A, reason rating" in said[5]


def test_no_override_is_above_another_limit_or_a_fault(at_console):
    rows = [[0, "pe.ok", "0"]]
    rows += do(1_000, "console.limit(80)", "console.enable(True)", "console.reset_faults()")
    rows += do(2_000, "console.status()")
    *_, reset, status = at_console(rows, {"installer_limit_a": 13})
    assert "earth_lost" in reset
    assert "offer      0.0 A, reason fault" in status
    assert "limits     installer 13.0 A" in status and "console 80.0 A" in status


def test_reset_clears_what_is_gone(at_console):
    rows = [*CHARGE, [15_000, "rcm.dc_ma", "8"], *do(18_000, "console.faults()")]
    rows += [[18_000, "rcm.dc_ma", "0"], *do(19_000, "pass")]
    rows += do(20_000, "console.faults()", "console.reset_faults()")
    during, _, gone, reset = at_console(rows)
    assert "residual_dc" in during and "residual_dc" in gone
    assert reset == "No faults in force.\n"


def test_enable_stops_a_charge_and_why_says_so(at_console):
    rows = [*CHARGE, *do(15_000, "console.enable(False)")]
    rows += [*do(22_000, "console.why()", "console.enable(True)"), *do(23_000, "console.status()")]
    said = at_console(rows)
    assert said[0] == "charging is disabled\n"
    assert "charging is disabled" in said[1] and "Opened" in said[1]
    assert "reason rating" in said[3]


def test_a_setting_is_kept_but_not_while_the_contactor_is_closed(at_console):
    rows = [*do(1_000, "console.set('safe_current_a', 8)"), *CHARGE]
    rows += do(15_000, "console.set('safe_current_a', 10)", "console.config()")
    said = at_console(rows)
    assert said[0] == "safe_current_a = 8, in force from the next start on\n"
    assert said[1].startswith("config safe_current_a: not now: flash is written with an open")
    assert "safe_current_a       8 " in said[2]


def test_a_secret_is_never_printed(at_console):
    source = "console.set('broker_password', 'geheim'); console.config(); console.status()"
    rows = do(1_000, source, "console.set('broker_password', 'geheim' * 20); console.help()")
    for said in at_console(rows):
        assert "geheim" not in said
        assert "***" in said or "length 120" in said


def test_events_sessions_and_log(at_console):
    rows = [*CHARGE, *do(14_000, "console.log('faults')"), [15_000, "ev.cp_ohm", "2740"]]
    rows += [[18_000, "ev.cp_ohm", "open"], *do(22_000, "console.events(3)")]
    rows += do(30_000, "console.sessions()")  # its record is signed first
    rows += do(30_000, "console.events(20)")
    log, events, sessions, more = at_console(rows)
    assert "C2 open -> C2 closed by 4, ready" in more
    lines = log.splitlines()
    assert lines[0] == "log: faults" and len(lines) == 2
    assert "contactor       opened by 8.1, stopped; pilot 8.9" in lines[1]
    lines = events.splitlines()
    assert len(lines) == 3 and "session_ended" in lines[2] and "ago" in lines[0]
    assert sessions.startswith("    1  0:00:1") and "closed 1x  ended by unplugged" in sessions


def test_follow_shows_what_comes_and_then_is_silent(at_console):
    rows = [*CHARGE[:2], *do(4_000, "console.follow(1)")]
    rows += [[5_500, "ev.cp_ohm", "2740"], *do(6_000, "console.log()")]
    quiet, log = at_console(rows)
    assert quiet == "log: events\nlog: off\n"
    assert log == "log: off\n"


def test_the_black_box_can_be_replayed(at_console, tmp_path):
    rows = [*CHARGE, [15_000, "ev.cp_ohm", "0"], *do(17_000, "console.blackbox()")]
    path = tmp_path / "dump.json"
    path.write_text(at_console(rows)[0])
    ticks = list(replay.Replay(*replay.read(path)).run())
    assert ticks and all(recorded == now for _, recorded, now in ticks)


def test_without_a_box_it_says_how_to_start_one(at_console):
    rows = do(1_000, "console.status()", "console.limit(10)", "console.set('box_id', 'x')")
    for said in at_console(rows, boot=0):
        assert said.startswith("no box runs here: it was not started; start one: import main")


BROKEN = """import console, machine, main
class Broken:
    def __init__(self, *parts):
        raise ValueError("no such pin")
class Threads:
    stack_size = start_new_thread = lambda *_: None
import sys, wallbox
sys.modules["_thread"], main.box, wallbox.Box = Threads, None, Broken
try:
    main.run()
except ValueError:
    print("raised")
print(machine.plant.contactor._coil)
console.status()"""


def test_a_start_that_fails_leaves_the_contactor_open_and_the_reason(at_console):
    raised, coil, said = at_console([[1_000, "do", BROKEN]])[0].splitlines()[-3:]
    assert (raised, coil) == ("raised", "0")
    assert said.startswith("no box runs here: ValueError: no such pin; start one")


def test_what_is_left_out_is_shown_and_comes_back_by_a_restart(at_console):
    spoiled = "from recovery import Recovery; bench.box.recovery.fail('MemoryError: 4096 bytes')"
    rows = [
        [1_000, "do", spoiled],
        [1_000, "box.fault", "panic"],  # before the services' first turn
        *do(5_000, "console.status()", "console.restart()"),
        *do(9_000, "console.status()"),
    ]
    rows[0][0] = rows[1][0] = 0
    _, before, _, after = at_console(rows)
    assert "left out   Home Assistant\n           after MemoryError: 4096 bytes\n" in before
    assert "left out" not in after


def test_it_restarts_with_an_open_contactor_only(at_console):
    said = at_console([*CHARGE, *do(15_000, "console.restart()")])[0]
    assert said == "restart: not now: the box starts anew with an open contactor only\n"


def test_every_function_is_in_the_list_and_nothing_else():
    tree = ast.parse((ROOT / "firmware/console.py").read_text())
    functions = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    table = ast.parse((ROOT / "firmware/console_help.py").read_text()).body[-1].value
    listed = [row.elts[0].value.partition("(")[0] for row in table.elts]
    assert sorted(listed) == sorted(functions)


CALIBRATED = """
from metering import calibration, scaling
class Done(calibration.Calibration):
    def collect(self, wait_ms):
        pass
    def answer(self, values):
        self.step = 3
calibration._guide = Done(bench.box.wiring.meter)
scaling.save = lambda phases, path: print("saved with", bench.box.snapshot.contactor_command)
import console
console.calibrate(16, 16, 16)"""


def test_a_calibration_is_saved_when_the_contactor_is_open(at_console):
    rows = [*CHARGE, [15_000, "do", CALIBRATED], [18_000, "ev.cp_ohm", "2740"]]
    said = "".join(at_console([*rows, *do(23_000, "pass")]))
    assert "In use, to be kept once the contactor is open and no car asks, in meter.json" in said
    assert said.count("saved with 0\n") == 1 and "saved with 1\n" not in said
