"""Duty, proximity and offer: the numbers of the standard at limit -1, limit, limit +1."""

import csv
import os
from pathlib import Path

import pytest

from state.duty import MINIMUM_DA, duty_bp
from state.offer import CABLE, INSTALLER, LOCAL, RATING, REMOTE, SLOTS, Offer
from state.proximity import Cable, rating_da
from state.records import NO_LIMIT, Inputs

# IEC 61851-1 table A.7, percent
EMITTED = {6: 10.0, 8: 13.33, 10: 16.67, 13: 21.67, 16: 26.67, 20: 33.33, 25: 41.67, 32: 53.33}
EMITTED.update({40: 66.67, 51: 85.0, 63: 89.2, 80: 96.0})


def reading_a(percent):
    """What a car reads: table A.8, written out independently."""
    if 8 <= percent < 10:
        return 6.0
    if 10 <= percent <= 85:
        return 0.6 * percent
    if 85 < percent <= 96:
        return 2.5 * (percent - 64)
    return 80.0 if 96 < percent <= 97 else 0.0


@pytest.mark.parametrize("amps, percent", EMITTED.items())
def test_the_duty_of_the_standards_table(amps, percent):
    assert duty_bp(amps * 10) == pytest.approx(percent * 100, abs=1.01)


def test_a_car_never_reads_more_than_the_limit_nor_much_less():
    for da in range(MINIMUM_DA, 801):
        amps = reading_a(duty_bp(da) / 100)
        assert amps <= da / 10 + 1e-9, da
        assert amps >= da / 10 - (0.02 if da <= 510 or da > 525 else 1.6), da
        assert 1_000 <= duty_bp(da) <= 9_600


def test_a_commercial_tester_reads_the_same_amperes():
    path = (
        Path(__file__).resolve().parents[4] / "shared/data/cp-tables/fluke_fev300_duty_to_amps.csv"
    )
    if not os.path.exists(path):
        pytest.skip("no recorded tester table beside this project")
    with open(path) as file:
        for row in csv.DictReader(file):
            assert reading_a(int(row["duty_pct"])) == pytest.approx(float(row["max_A"]))


@pytest.mark.parametrize(
    "ohm, da",
    [(60, 0), (79, 0), (80, 630), (100, 630), (140, 630), (141, 0), (163, 0), (164, 320)]
    + [(220, 320), (308, 320), (309, 0), (390, 0), (399, 0), (400, 200), (680, 200), (936, 200)]
    + [(937, 0), (1_099, 0), (1_100, 130), (1_500, 130), (2_460, 130), (2_461, 0), (4_501, 0)],
)
def test_the_cable_ranges(ohm, da):
    assert rating_da(ohm) == da


def test_a_cable_may_only_go_down_in_a_session():
    cable = Cable()
    cable.step(220, 0, 9)
    cable.step(220, 1, 9)
    cable.step(100, 1, 9)
    assert cable.current_da == 320
    for _ in range(28):
        cable.step(1_500, 1, 9)
    assert cable.current_da == 130
    cable.step(220, 1, 9)
    assert cable.current_da == 130


def test_a_reading_just_outside_its_range_does_not_lose_the_cable():
    cable = Cable()
    cable.step(308, 1, 9)
    for ohm, lost in ((323, 0), (324, 9)):
        cable.step(ohm, 1, 9)
        assert cable.undefined_ms == lost


def offer_of(**limits_a):
    inputs = Inputs()
    for name, amps in limits_a.items():
        inputs.limit_da[SLOTS.index(name)] = int(amps * 10)
    offer = Offer(safe_da=60)
    offer.step(inputs, 0, 9)
    return offer.current_da, SLOTS[offer.slot]


def test_the_lowest_limit_wins_and_is_named():
    assert offer_of(rating=32, installer=20, cable=32) == (200, "installer")
    assert offer_of(rating=32, installer=20, cable=13) == (130, "cable")
    assert offer_of(rating=32, local2=6) == (60, "local2")


def test_less_than_six_amperes_is_nothing():
    assert offer_of(rating=32, local0=5.9) == (0, "local0")
    assert offer_of(rating=32, local0=0) == (0, "local0")


def test_disabled_and_faulty_say_so():
    inputs = Inputs()
    inputs.limit_da[RATING] = 320
    offer = Offer(60)
    inputs.enabled = 0
    offer.step(inputs, 0, 9)
    assert (offer.current_da, SLOTS[offer.slot]) == (0, "disabled")
    offer.step(inputs, 1, 9)
    assert (offer.current_da, SLOTS[offer.slot]) == (0, "fault")


def test_a_remote_limit_lives_its_lifetime_and_then_the_safe_current_holds():
    inputs = Inputs()
    inputs.limit_da[RATING] = 320
    offer = Offer(safe_da=60)
    inputs.remote_da, inputs.remote_lifetime_ms, inputs.remote_serial = 160, 1_000, 1
    offer.step(inputs, 0, 10)
    for _ in range(99):
        offer.step(inputs, 0, 10)
    assert (offer.current_da, offer.slot) == (160, REMOTE)
    offer.step(inputs, 0, 10)
    assert (offer.current_da, offer.slot) == (60, REMOTE)
    inputs.remote_da, inputs.remote_serial = NO_LIMIT, 2
    offer.step(inputs, 0, 10)
    assert offer.current_da == 320


def test_of_a_dead_remotes_stop_the_safe_current_is_left():
    inputs = Inputs()
    inputs.limit_da[RATING] = 320
    offer = Offer(safe_da=100)
    inputs.remote_da, inputs.remote_lifetime_ms, inputs.remote_serial = 0, 100, 1
    offer.step(inputs, 0, 10)
    for _ in range(9):
        offer.step(inputs, 0, 10)
        assert offer.current_da == 0
    offer.step(inputs, 0, 10)
    assert (offer.current_da, offer.slot) == (100, REMOTE)


def test_slots_and_constants_agree():
    assert SLOTS[INSTALLER] == "installer"
    assert SLOTS[CABLE] == "cable"
    assert SLOTS[LOCAL] == "local0"
