"""The virtual box built from each board's own file: what a board has is what it does."""

import shutil
from pathlib import Path

import pytest
from played import play

from box import board as boards

CHARGE = """5000,ev.cp_ohm,2740
7000,ev.current_a,16/16/16
7000,ev.cp_ohm,882
20000,ev.cp_ohm,2740
22000,ev.cp_ohm,open
"""
SOCKETS = [name for name in boards.names() if hasattr(boards.load(name), "PROXIMITY")]
TETHERED = [name for name in boards.names() if name not in SOCKETS]
METERED = [name for name in boards.names() if hasattr(boards.load(name), "MAINS_METER")]


def test_both_kinds_of_cable_are_there():
    assert SOCKETS and TETHERED


@pytest.mark.parametrize("name", boards.names())
def test_it_charges_one_car_without_a_fault(name):
    box = play(CHARGE, board=name)
    assert box.faults() == set()
    assert box.closings() == 1
    closed, opened = (t for t, _ in box.values("contactor.closed")[-2:])
    assert 7_500 < closed < 7_650 and 20_000 < opened < 20_080


@pytest.mark.parametrize("name", TETHERED)
def test_a_fixed_cable_needs_no_proximity_contact(name):
    box = play("0,pp.ohm,open\n" + CHARGE, board=name)
    assert box.closings() == 1 and box.faults() == set()


@pytest.mark.parametrize("name", SOCKETS)
def test_a_socket_refuses_a_plug_without_coding(name):
    box = play("0,pp.ohm,open\n" + CHARGE, board=name)
    assert box.closings() == 0 and "cable_undefined" in box.faults()


@pytest.mark.parametrize("name", SOCKETS)
def test_a_socket_offers_what_the_cable_carries(name):
    box = play("0,pp.ohm,680\n" + CHARGE, board=name)
    assert (box.at("offer.a", 10_000), box.at("offer.reason", 10_000)) == ("20.0", "cable")


@pytest.fixture
def changed(tmp_path):
    """changed(name, old, new) -> folder of a board like that one, but for one line."""

    def change(name, old, new):
        path = shutil.copy(boards.BOARDS / name / "board.py", tmp_path)
        text = Path(path).read_text()
        assert old in text
        Path(path).write_text(text.replace(old, new))
        return str(tmp_path)

    return change


def test_a_fixed_cable_thinner_than_the_box_sets_the_rating(changed):
    box = play(CHARGE, board=changed("esp32_generic", "CABLE_A = 32", "CABLE_A = 16"))
    assert box.at("offer.a", 10_000) == "16.0"


def test_the_lower_of_cable_and_board_counts(changed):
    box = play(CHARGE, board=changed("esp32_generic", "CABLE_A = 32", "CABLE_A = 63"))
    assert box.at("offer.a", 10_000) == "32.0"


@pytest.mark.parametrize("name", [n for n in boards.names() if boards.has_lock(boards.load(n))])
def test_a_lock_is_shut_before_the_contactor_closes(name):
    box = play(CHARGE, board=name)
    assert 5_000 < box.when("lock", "1") < box.when("contactor.command", "1")
    assert box.when("lock", "0", 20_000) > box.when("contactor.closed", "0", 20_000)


@pytest.mark.parametrize("name", METERED)
def test_a_meter_counts_the_phases_the_board_has(name):
    watts = float(play(CHARGE, board=name).at("power.w", 19_000))
    assert watts == pytest.approx(boards.load(name).PHASES * 16 * 230, rel=0.03)


def test_without_a_meter_there_is_no_power():
    assert float(play(CHARGE, board="esp32s3_generic").at("power.w", 19_000)) == 0


def test_a_rail_further_off_than_the_board_trusts_is_not_calibrated_away(changed):
    off = "0,cp.rail_v,11.5\n" + CHARGE
    trusting = play(off, board="virtual")
    board = changed(
        "virtual", '"gain_permille": 11_364', '"gain_permille": 11_364, "trust_mv": 300'
    )
    wary = play(off, board=board)
    seen = [
        next(e["pilot_low_mv"] for e in box.events if e["event"] == "contactor")
        for box in (trusting, wary)
    ]
    assert abs(seen[0] + 12_000) < 100 and abs(seen[1] + 11_500) < 250
