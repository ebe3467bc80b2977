"""Plateaus to letters: windows of IEC 61851-1 table A.4, hysteresis, votes, diode."""

import pytest

from state.pilot import DIODE_MV, LETTERS, Pilot, classify

INSIDE = {"A": (11_000, 13_000), "B": (8_000, 10_000), "C": (5_000, 7_000), "D": (2_000, 4_000)}
INSIDE.update({"E": (-1_000, 1_000), "F": (-13_000, -11_000)})
MIDPOINTS = (10_500, 7_500, 4_500, 1_500, -1_500)


def letter_after(levels_mv, start="A", pwm=0, low_mv=-12_000):
    pilot = Pilot()
    pilot.letter = LETTERS.index(start)
    for level_mv in levels_mv:
        pilot.step(level_mv, low_mv, pwm, 9)
    return LETTERS[pilot.letter]


@pytest.mark.parametrize("letter", INSIDE)
@pytest.mark.parametrize("before", LETTERS)
def test_the_standards_windows_are_read_from_any_letter(letter, before):
    for level_mv in (*INSIDE[letter], sum(INSIDE[letter]) // 2):
        assert LETTERS[classify(level_mv, LETTERS.index(before))] == letter


@pytest.mark.parametrize("k, midpoint_mv", list(enumerate(MIDPOINTS)))
def test_hysteresis_is_a_quarter_volt_each_way(k, midpoint_mv):
    assert classify(midpoint_mv - 249, k) == k
    assert classify(midpoint_mv - 250, k) == k + 1
    assert classify(midpoint_mv + 250, k + 1) == k + 1
    assert classify(midpoint_mv + 251, k + 1) == k


def test_one_burst_changes_nothing_two_do():
    assert letter_after([6_000, 9_000, 6_000, 9_000], start="C") == "C"
    assert letter_after([9_000, 9_000], start="C") == "B"


def test_two_bursts_that_disagree_with_each_other_still_leave():
    assert letter_after([0, 9_000], start="C") == "B"
    assert letter_after([9_000, 0], start="C") == "E"


def test_stable_time_starts_anew_with_every_letter():
    pilot = Pilot()
    for level_mv in [6_000] * 10 + [9_000] * 2 + [6_000] * 4:
        pilot.step(level_mv, -12_000, 1, 9)
    assert pilot.stable_ms == 2 * 9


def diode_after(lows_mv, high_mv=9_000):
    pilot = Pilot()
    pilot.letter = LETTERS.index("B")
    for low_mv in lows_mv:
        pilot.step(high_mv, low_mv, 1, 9)
    return pilot.diode_proven, pilot.diode_lost


def test_the_diode_is_proven_by_five_bursts_in_a_row():
    good, bad = DIODE_MV, DIODE_MV + 1
    assert diode_after([good] * 4) == (0, 0)
    assert diode_after([good] * 5) == (1, 0)
    assert diode_after([good] * 4 + [bad] + [good] * 4) == (0, 0)


def test_the_diode_is_lost_by_two_bursts_in_a_row():
    good, bad = DIODE_MV, DIODE_MV + 1
    assert diode_after([good] * 5 + [bad]) == (1, 0)
    assert diode_after([good] * 5 + [bad] * 2) == (0, 1)
    assert diode_after([good] * 5 + [bad, good, bad]) == (1, 0)


def test_unplugging_forgets_the_diode():
    pilot = Pilot()
    pilot.letter = LETTERS.index("B")
    for high_mv in [9_000] * 6 + [12_000] * 2:
        pilot.step(high_mv, -12_000, 1, 9)
    assert (pilot.diode_proven, pilot.diode_lost) == (0, 0)


def test_x1_says_nothing_about_the_diode():
    pilot = Pilot()
    pilot.letter = LETTERS.index("B")
    for _ in range(10):
        pilot.step(9_000, 9_000, 0, 9)
    assert (pilot.diode_proven, pilot.diode_lost) == (0, 0)
