"""The bench self-test on a good box passes; each of its checks has a fault that it finds."""

import json

import pytest

RIGHT = ("open", "2740", "882", "246", "open")
CHECKS = """rail +12 V, no fault, converter alive, proximity, temperature,
protective earth, contactor open, monitor quiet, interlock in A, mains, no current, pilot B,
oscillator, monitor test, plug lock, duty, rail -12 V, diode, interlock in B, pilot C,
contactor told, contactor closes, no fault in C, pilot D, contactor opens, interlock in D,
rail +12 V, contactor open, no fault left"""
DO = "do"
LEAKS = "c = bench.plant.mains.currents[0]; c.show(100); c.show = lambda mv: None"
HALF_MORE = """node = bench.plant.node(15)
drive = node._on_write
node._on_write = lambda duty: drive(duty if duty > 20_000 else duty * 3 // 2)"""


def report(at_console, rows=(), ohms=RIGHT, config=None):
    rows = [*rows, [3_000, "do", "walk(%r)" % (ohms,)]]
    said = at_console(rows, config)[-1]
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.flashed
def test_a_good_box_passes_every_check(at_console):
    items = report(at_console)
    assert items[-1] == {"passed": True, "failed": [], "text": "Self-test passed"}
    names = [item["check"] for item in items if "check" in item]
    assert names == " ".join(CHECKS.split()).split(", ")
    assert all(item["ok"] is True for item in items if "check" in item)
    assert [item["step"] for item in items if "step" in item] == [1, 2, 3, 4, 5]
    assert all(len(item["text"]) <= 79 for item in items)
    measured = next(item for item in items if item.get("check") == "pilot C")
    assert measured["value"].startswith("5.9") and measured["limits"] == "5.50 V to 6.50 V"


# check that must fail: (what is wrong, or a statement about the plant), resistors if not the right
FAULTS = {
    "rail +12 V": ("cp.rail_v", "11.2"),
    "rail -12 V": ("cp.low_v", "-10.6"),
    "converter alive": ("cp.adc_v", "2.356"),
    "proximity": ("pp.ohm", "680"),
    "temperature": ("temp.c", "-5"),
    "protective earth": ("pe.ok", "0"),
    "no fault": ("pe.ok", "0"),
    "contactor open": (DO, "bench.plant.contactor.closed = 1"),
    "monitor quiet": ("rcm.dc_ma", "8"),
    "interlock in A": (DO, "import selftest; selftest.permits = lambda core: 1"),
    "interlock in B": (DO, "import selftest; selftest.permits = lambda core: 1"),
    "interlock in D": (DO, "import selftest; selftest.permits = lambda core: 1"),
    "mains": ("mains.v", "230/150/230"),
    "no current": (DO, LEAKS),
    "pilot B": ("2000",),
    "step 2": ("open",),
    "oscillator": ("cp.oscillator_permille", "1000"),
    "monitor test": (DO, "bench.plant.residual.dc.trip_after = lambda ms: None"),
    "plug lock": (DO, "bench.plant._lock.level, bench.plant.node(40).read = 0, lambda: 0"),
    "duty": (DO, HALF_MORE),
    "diode": ("ev.diode", "0"),
    "pilot C": (None, "1100"),
    "contactor told": (DO, "import console; console.enable(False)"),
    "contactor closes": ("contactor.fault", "stuck_open"),
    "no fault in C": ("contactor.fault", "stuck_open"),
    "pilot D": (None, None, "350"),
    "contactor opens": ("contactor.fault", "welded"),
    "no fault left": ("contactor.fault", "welded"),
}


def played(at_console, wrong):
    if wrong[0] is None or len(wrong) != 2:
        ohms = list(RIGHT)
        for k, ohm in enumerate(wrong):
            ohms[k + 1] = ohm or ohms[k + 1]
        return report(at_console, ohms=tuple(ohms))
    return report(at_console, [[1_500, *wrong]])


@pytest.fixture(scope="module")
def reports():
    return {}


@pytest.mark.long
@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_is_found_by_its_check(check, at_console, reports):
    wrong = FAULTS[check]
    if wrong not in reports:  # some faults fail several checks
        reports[wrong] = played(at_console, wrong)
    items = reports[wrong]
    assert items[-1]["passed"] is False
    assert check in items[-1]["failed"] and check in items[-1]["text"]


def test_a_dead_monitor_fails_the_box(at_console):
    items = played(at_console, FAULTS["monitor test"])
    assert items[-1]["passed"] is False and "monitor test" in items[-1]["failed"]


def test_it_refuses_while_a_car_charges_and_changes_nothing(at_console):
    rows = [[5_000, "ev.cp_ohm", "2740"], [8_500, "ev.cp_ohm", "882"]]
    source = "import console; console.selftest(); console.status()"
    said = at_console([*rows, [15_000, "do", source]])[0]
    assert said.startswith("selftest: not while a car charges: take it off first\n")
    assert "contactor  closed, 1 closing since" in said and "selftest 6.0 A" not in said


def test_its_limit_goes_with_it(at_console):
    rows = [[3_000, "do", "walk(('open', 'open'))"]]
    rows += [[9_000, "do", "import console; console.status(); console.selftest('x')"]]
    status = at_console(rows)[1]
    assert "reason rating" in status and "selftest 6" not in status
    assert "selftest: 'x' is not a patience" in status


def test_a_box_that_may_charge_in_d_is_not_blamed_for_it(at_console):
    items = report(at_console, config={"ventilated": 1})
    assert items[-1]["passed"] is True
    assert next(item for item in items if item.get("check") == "opens in D")["ok"] is None
