"""Every fault that a scenario can cause, in every state, on the whole firmware."""

import pytest
from faults_by_state import CLOSED, LIMIT, STATES, cells, scenario

from state.faults import ACTION, CODES, GONE, NOTE, OPEN, RESET, STOP, UNPLUG

IMMEDIATE_MS = 30
ERASED_MS = 100_000  # a new box erases its journal first, 45 ms at a time, which blurs the meter
SLICE = ("earth_lost", "diode_lost", "residual_ac", "cable_lost")
SEEN_IN_PWM = ("diode_lost", "oscillator", "supply_rail")
AT_ONCE = ("pilot_short", "earth_lost", "diode_lost", "oscillator")
ELSEWHERE = {"cable_undefined", "residual_test", "cycled", "restarted", "crash_loop"}
ELSEWHERE.add("stage_failed")


class Log:
    """One played run, asked about spans of time."""

    def __init__(self, played):
        self._played = played

    def commands(self, from_ms, to_ms):
        """Return the commands to the contactor in a span."""
        values = self._played.values("contactor.command")
        return [(t_ms, value) for t_ms, value in values if from_ms <= t_ms <= to_ms]

    def is_closed(self, t_ms):
        return self._played.at("contactor.command", t_ms) == "1"

    def has(self, code, t_ms):
        return code in (self._played.at("fault", t_ms) or "").split("+")


def wrong(log, cell):
    """Return what is wrong with a cell, "" if nothing."""
    said = began(log, cell) or acted(log, cell) or ended(log, cell)
    return "%s in %s: %s" % (cell.code, cell.state, said) if said else ""


def began(log, cell):
    before_ms = cell.cause_ms - 1
    if log.is_closed(before_ms) != cell.is_closed():
        return "not in its state"
    if log.has(cell.code, before_ms):
        return "there before its cause"
    return "" if log.has(cell.code, cell.seen_ms + 10) else "not told in time"


def acted(log, cell):
    action = cell.row[ACTION]
    after = log.commands(cell.cause_ms, cell.remedy_ms)
    if action == NOTE:
        opened = [t_ms for t_ms, value in after if value == "0"]
        return "opened" if opened and cell.state == "C2" else ""
    if any(value == "1" and t_ms > cell.seen_ms for t_ms, value in after):
        return "closed on a fault"
    if not cell.is_closed():
        return ""
    opened = [t_ms for t_ms, value in log.commands(cell.cause_ms, cell.unplug_ms) if value == "0"]
    bound_ms = cell.bound_ms() + (6_500 if action == STOP else 0)
    if is_immediate(cell):
        bound_ms = IMMEDIATE_MS
    if not opened or opened[0] - cell.cause_ms > bound_ms:
        return "opened after %s, bound %d" % ([t - cell.cause_ms for t in opened], bound_ms)
    return ""


def is_immediate(cell):
    return cell.code in AT_ONCE and cell.row[ACTION] == OPEN


def ended(log, cell):
    ends = cell.ends()
    if ends == GONE:
        wait_ms = cell.row[4][1]
        # without PWM these are out of sight: their wait begins when they have stopped it
        from_ms = cell.cause_ms if cell.code in SEEN_IN_PWM else cell.remedy_ms
        early = not log.has(cell.code, from_ms + wait_ms - 500)
        return "ended too soon" if early else stays(log, cell, cell.cleared_ms, False)
    if ends == UNPLUG and cell.state == "A1":
        return stays(log, cell, cell.cleared_ms, False)
    said = stays(log, cell, cell.cleared_ms, True)
    return said or stays(log, cell, cell.reset_ms - 10, ends == RESET)


def stays(log, cell, t_ms, expected):
    if log.has(cell.code, t_ms) == expected:
        return ""
    return "ended too soon" if expected else "did not end"


def check(play, found, before=(), config=None):
    played = play(scenario(found, before), until_ms=found[-1].end_ms + 500, config=config)
    log = Log(played)
    said = [text for text in (wrong(log, cell) for cell in found) if text]
    assert not said, "\n".join(said)
    return played


def test_every_row_is_in_the_matrix_or_elsewhere():
    """Elsewhere: test_scenarios, test_quirks_stops, and below."""
    assert {cell.code for cell in cells(lambda code, state: True)} | ELSEWHERE == set(CODES)


def test_a_slice_of_the_matrix(play):
    check(play, cells(lambda code, state: code in SLICE and state in ("B2", "C2", "C1 closed")))


@pytest.mark.long
@pytest.mark.parametrize("state", STATES)
def test_the_whole_matrix(play, state):
    check(play, cells(lambda code, where: where == state and code != "open_pen", ERASED_MS))


@pytest.mark.long
def test_the_whole_matrix_of_an_open_pen(play):
    found = cells(lambda code, state: code == "open_pen", ERASED_MS)
    check(play, found, config={"open_pen": 1})


# what goes on around the cells: the services' worst moments
AROUND = {
    "broker silent": ((0, "link.broker", "silent"),),
    "services starve": ((4_000, "box.busy", "1"),),
}


@pytest.mark.parametrize("around", AROUND)
def test_an_immediate_opening_waits_for_no_service(play, around):
    """A busy REPL takes the turns of the services, so it is played as services without a turn."""
    found = cells(lambda code, state: state in CLOSED and code in AT_ONCE)
    check(play, found, AROUND[around])


def test_an_immediate_opening_waits_for_no_full_outbox(play):
    found = cells(lambda code, state: state == "C2" and code in ("earth_lost", "pilot_short"))
    floods = [(cell.cause_ms - 1_500, "box.flood", "2000") for cell in found]
    played = check(play, found, ((0, "link.broker", "down"), *floods))
    assert int(played.values("outbox.dropped")[-1][1]) > 0


@pytest.mark.parametrize("state", ["B2", "C2", "C1 closed"])
def test_an_error_in_the_loop_opens_at_once_in_every_state(play, state):
    rows = [(at, name, value) for at, name, value in STATES[state]]
    text = "\n".join("%d,%s,%s" % (1_000 + at, name, value) for at, name, value in rows)
    played = play(text + "\n7000,box.fault,raise\n12000,box.reset,1", until_ms=20_000)
    log = Log(played)
    assert log.is_closed(6_990) == (state in CLOSED)
    assert not log.is_closed(7_030) and not log.is_closed(19_000)
    assert log.has("stage_failed", 7_030) and log.has("stage_failed", 19_000)
    assert played.at("pilot.duty_permille", 8_000) == "0"


def test_a_cable_of_no_rating_is_refused_until_unplugging(play):
    rows = "0,pp.ohm,390\n5000,ev.cp_ohm,882\n9000,pp.ohm,220\n15000,ev.cp_ohm,open"
    log = Log(play(rows, until_ms=20_000))
    assert log.has("cable_undefined", 6_000) and log.has("cable_undefined", 14_900)
    assert not log.has("cable_undefined", 18_000) and not log.commands(0, 20_000)


def test_a_deaf_monitor_is_found_before_the_car_gets_anything(play):
    rows = "0,rcm.dead,1\n5000,ev.cp_ohm,882\n9000,rcm.dead,0\n15000,ev.cp_ohm,open"
    rows += "\n20000,ev.cp_ohm,882"
    log = Log(play(rows, until_ms=25_000))
    assert log.has("residual_test", 6_200) and log.has("residual_test", 14_900)
    assert not log.commands(0, 20_000) and not log.has("residual_test", 18_000)
    assert log.is_closed(25_000)


@pytest.mark.parametrize("state", ["C2", "C1 closed"])
def test_a_restart_by_the_watchdog_waits_30_s(play, state):
    text = "\n".join("%d,%s,%s" % (1_000 + at, name, value) for at, name, value in STATES[state])
    text += "\n7000,box.fault,hang\n9000,%s,none\n9500,box.fault,none" % LIMIT
    log = Log(play(text, until_ms=50_000))
    assert log.has("restarted", 10_500) and not log.has("restarted", 42_000)
    assert not [t for t, value in log.commands(9_100, 38_000) if value == "1"]
    assert log.is_closed(49_000)


def test_a_panic_counts_as_a_crash_and_an_ordered_restart_does_not(play):
    rows = "5000,box.fault,panic\n12000,power,0\n13000,power,1\n20000,cmd.restart,null"
    played = play(rows, until_ms=25_000)
    told = [event for event in played.events if event["event"] == "restarted"]
    assert [(event["cause"], event["crashes"]) for event in told] == [("panic", 1)]
    assert "restarted" in played.at("fault", 6_000) and played.at("fault", 14_000) == ""
    assert played.at("fault", 24_900) == ""


def test_a_loop_of_crashes_ends_in_f_until_a_person_resets_it(play):
    """The loop stands still after every start: the watchdog takes it down five times."""
    rows = "1000,ev.cp_ohm,882\n5000,ev.current_a,16\n20000,box.fault,hang\n31500,box.fault,none"
    played = play(rows + "\n100000,box.reset,1", until_ms=110_000)
    log = Log(played)
    assert log.is_closed(19_990)
    assert log.has("crash_loop", 31_600) and log.has("crash_loop", 99_990)
    assert not [t for t, value in log.commands(22_100, 100_000) if value == "1"]
    assert played.at("pilot.duty_permille", 99_990) == "0"
    assert not log.has("crash_loop", 101_000) and log.is_closed(109_990)
    before_wh, after_wh = (float(played.at("energy.wh", t)) for t in (19_990, 109_990))
    assert 0 < before_wh < after_wh


def test_four_crashes_in_a_row_only_wait(play):
    rows = "1000,ev.cp_ohm,882\n20000,box.fault,hang\n29500,box.fault,none"
    log = Log(play(rows, until_ms=70_000))
    assert log.has("restarted", 29_600) and not log.has("crash_loop", 29_600)
    assert log.is_closed(69_990)


def test_limits_that_flap_end_after_their_times(play):
    rows = ["5000,ev.cp_ohm,882"]
    for k in range(6):
        rows.append("%d,%s,5" % (15_000 + k * 16_000, LIMIT))
        rows.append("%d,%s,none" % (23_000 + k * 16_000, LIMIT))
    played = play("\n".join(rows), until_ms=115_000)
    log = Log(played)
    assert played.at("offer.reason", 110_000) == "paced" and not played.faults()
    assert len([t for t, value in log.commands(0, 115_000) if value == "1"]) == 3


def test_a_stall_of_the_chip_delays_by_itself_and_no_more(play):
    """600 ms, as TLS arithmetic would: with a car that leaves in its middle."""
    rows = "5000,ev.cp_ohm,2740\n7000,ev.cp_ohm,882\n15000,box.stall_ms,600"
    log = Log(play(rows + "\n15300,ev.cp_ohm,open", until_ms=20_000))
    opened = [t_ms for t_ms, value in log.commands(15_000, 20_000)]
    assert opened and opened[0] <= 15_600 + IMMEDIATE_MS


def test_a_stall_before_closing_is_no_stable_c(play):
    rows = "5000,ev.cp_ohm,2740\n9000,ev.cp_ohm,882\n9100,box.stall_ms,600"
    log = Log(play(rows, until_ms=15_000))
    closed = [t_ms for t_ms, value in log.commands(9_000, 15_000)]
    assert closed and closed[0] >= 9_700 + 480
