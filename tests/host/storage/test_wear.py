"""The table of wear in docs/storage.md is what the code does to the flash, ten years long."""

import re

import pytest

from box.image import SECTOR, places
from box.mpy import ROOT
from sessions import checkpoints
from storage.flash_store import FlashStore
from storage.journal import EVENT
from storage.reading import Reading

SECTORS = places(4)["journal"][1] // SECTOR
DAYS = 3_650
SOME_DAYS = 30
ENDURANCE = 100_000  # erases of a sector: W25Q32JV, GD25Q32C
DAY_WS = 22_000 * 3_600
POWER_W = 11_000
EVENT_S, EVENT_BYTES = 10, 200
ROW = re.compile(r"^\| (register|journal) \| (.*?) \| ([\d,]+) \| (\d+) %", re.M)


@pytest.fixture(scope="module")
def documented():
    """Return {what a day is: (erases, percent)} of the table."""
    text = (ROOT / "docs/storage.md").read_text()
    return {day: (int(n.replace(",", "")), int(share)) for _, day, n, share in ROW.findall(text)}


def prepared(store):
    while store.prepare():
        pass
    return store


def check(documented, day, erases):
    told, percent = documented[day]
    assert told == pytest.approx(erases, rel=0.03)
    assert percent == round(told * 100 / ENDURANCE) and percent < 50


def test_ten_years_of_checkpoints(flash, documented):
    store = prepared(FlashStore(flash(SECTORS)))
    reading, kept = Reading(), 0
    for _ in range(SOME_DAYS):
        kept += kept_in_a_day(store.register, reading)
        prepared(store)
    a_day = kept // SOME_DAYS
    check(
        documented,
        "22 kWh: {:,} checkpoints".format(a_day),
        a_day * DAYS / slots_a_turn(flash),
    )


def kept_in_a_day(register, reading):
    kept, left_ws = 0, DAY_WS
    while left_ws > 0:
        pace_s = register.pace_s()
        assert pace_s in (0, checkpoints.LONGEST_MS // 1_000)
        step_ws = min(POWER_W * pace_s if pace_s else checkpoints.STEP_WS, left_ws)
        left_ws -= step_ws
        reading.total_wh[0] += step_ws // 3_600
        kept += register.keep(reading)
    return kept


def written_a_turn(device, write, prepare):
    """Return how much is written from the second erase of a sector to its third."""
    counts = []
    written, seen = 0, max(device.erases)
    while len(counts) < 2:
        written += write()
        while prepare():
            pass
        if max(device.erases) > seen:
            seen = max(device.erases)
            counts.append(written)
    return counts[1] - counts[0]


def slots_a_turn(flash):
    device = flash(SECTORS)
    register = prepared(FlashStore(device)).register
    return written_a_turn(device, lambda: register.keep(Reading()), register.prepare)


def test_ten_years_of_an_event_every_10_s(flash, documented):
    device = flash(SECTORS)
    journal = prepared(FlashStore(device)).journal

    def write():
        assert journal.append(EVENT, b"x" * EVENT_BYTES, journal.seq + 1)
        journal.done(journal.peek()[2])
        return 1

    a_turn = written_a_turn(device, write, journal.prepare)
    ten_years = DAYS * 86_400 // EVENT_S
    check(documented, "an event of 200 bytes every 10 s", ten_years / a_turn)
