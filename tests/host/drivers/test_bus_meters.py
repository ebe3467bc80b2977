"""Meters on buses: what they say arrives, what is broken is marked, nothing is invented."""

import struct
import sys
from pathlib import Path

import pytest

from drivers.atm90e32 import Atm90e32
from drivers.bl0942 import Bl0942
from drivers.meter_readings import STALE_MS
from drivers.sdm630 import UNREADABLE, Sdm630, crc, milli

sys.path.append(str(Path(__file__).resolve().parents[3] / "tools/sim/plant"))

from meter_lines import Atm90e32Chip, Bl0942Chips, SdmMeter, Shown

TICK_MS = 9
KINDS = ("atm90e32", "bl0942", "sdm630")


class Rig:
    """A driver, the meter at the other end, and time."""

    def __init__(self, kind, **part):
        self.shown = Shown()
        self.now_ms = 0
        self.mws = [0, 0, 0]
        self.busiest = 0
        if kind == "atm90e32":
            self.far = Atm90e32Chip(self.shown)
            gains = [20_000 + k for k in range(3)], [25_000 + k for k in range(3)]
            self.meter = Atm90e32(self.far, self.far.select, *gains, **part)
        elif kind == "bl0942":
            self.far = Bl0942Chips(self.shown, lambda: self.now_ms)
            self.meter = Bl0942(self.far, 3, 3_981, 62_962)
        else:
            self.far = SdmMeter(self.shown, lambda: self.now_ms)
            self.meter = Sdm630(self.far, **part)

    def run(self, span_ms, closed=0):
        """closed: 1 also lets the shown power count in the meter's register."""
        for _ in range(span_ms // TICK_MS):
            self.now_ms += TICK_MS
            for phase in range(3):
                self.shown.wh[phase] += self.shown.mw[phase] * TICK_MS / 3.6e9
            self.meter.sample(closed, TICK_MS)
            for phase in range(3):
                self.mws[phase] += self.meter.phase_mws[phase]
            assert self.meter.energy_mws == sum(self.meter.phase_mws)


def charging(kind, **part):
    rig = Rig(kind, **part)
    rig.shown.ma = [16_000, 15_500, 16_200]
    rig.shown.mv = [230_100, 231_500, 228_900]
    rig.shown.mw = [3_650_000, 3_580_000, 3_700_000]
    rig.run(2_000)
    return rig


@pytest.mark.parametrize("kind", KINDS)
def test_readings_arrive(kind):
    rig = charging(kind)
    meter = rig.meter
    assert meter.valid and meter.ready and meter.refused == 0
    assert meter.current_ma == pytest.approx(rig.shown.ma, abs=10)
    assert meter.voltage_mv == pytest.approx(rig.shown.mv, rel=0.0005)
    assert meter.phase_mw == pytest.approx(rig.shown.mw, rel=0.001)
    assert meter.power_w == pytest.approx(10_930, abs=10)
    assert meter.frequency_chz == pytest.approx(5_000, abs=1)
    assert meter.quick_ma is meter.current_ma and meter.peak_ma == 0


@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_counted_by_phase_while_closed_only(kind):
    rig = charging(kind)
    assert rig.mws == [0, 0, 0]
    rig.run(60_000, closed=1)
    rig.shown.mw = [0, 0, 0]
    rig.run(6_000)
    for phase, mw in enumerate((3_650_000, 3_580_000, 3_700_000)):
        assert rig.mws[phase] == pytest.approx(60 * mw, rel=0.02)
    before = list(rig.mws)
    rig.shown.mw = [50_000] * 3
    rig.run(60_000)
    assert rig.mws == before


@pytest.mark.parametrize(
    "kind, fault",
    [
        ("atm90e32", "absent"),
        ("atm90e32", "flipped"),
        ("bl0942", "silent"),
        ("bl0942", "corrupt"),
        ("bl0942", "short"),
        ("sdm630", "silent"),
        ("sdm630", "corrupt"),
        ("sdm630", "short"),
    ],
)
def test_what_is_broken_is_marked_and_counts_nothing(kind, fault):
    rig = charging(kind)
    rig.run(3_000, closed=1)
    rig.far.fault = fault
    rig.run(STALE_MS + 100, closed=1)
    meter = rig.meter
    assert meter.valid == 0 and meter.refused > 0
    assert (meter.current_ma, meter.power_w, meter.frequency_chz) == ([0, 0, 0], 0, 0)
    assert meter.voltage_mv == [0, 0, 0]  # unknown
    before = list(rig.mws)
    rig.run(10_000, closed=1)
    assert rig.mws == before
    rig.far.fault = None
    rig.run(2_000, closed=1)
    assert meter.valid and meter.current_ma == pytest.approx(rig.shown.ma, abs=10)


@pytest.mark.parametrize(
    "kind, field, value",
    [
        ("atm90e32", "mv", 600_000),
        ("atm90e32", "mw", 41_000_000),
        ("bl0942", "mv", 600_000),
        ("sdm630", "mv", 600_000),
        ("sdm630", "ma", 100_200),
        ("sdm630", "mw", 41_000_000),
        ("sdm630", "mw", -41_000_000),
    ],
)
def test_what_no_wallbox_can_draw_is_refused(kind, field, value):
    rig = charging(kind)
    refused = rig.meter.refused
    setattr(rig.shown, field, [value] * 3)
    rig.run(STALE_MS + 2_000)
    assert rig.meter.refused > refused and rig.meter.valid == 0


@pytest.mark.parametrize("kind", ("bl0942", "sdm630"))
def test_a_tick_reads_no_more_than_has_arrived(kind):
    rig = charging(kind)
    asked = rig.far.readinto
    sizes = []

    def readinto(buffer, count=None):
        count = asked(buffer, count)
        sizes.append(count)
        return count

    rig.far.readinto = readinto
    rig.run(1_000)
    assert 0 < max(sizes) <= 10  # 9 ms of 9600 baud


def test_a_negative_power_is_set_against_the_next():
    rig = Rig("bl0942")
    rig.shown.mw = [-20_000, 0, 0]
    rig.run(10_000, closed=1)
    assert rig.mws[0] == 0
    rig.shown.mw = [20_000, 0, 0]
    rig.run(9_000, closed=1)
    assert rig.mws[0] == 0
    rig.run(6_000, closed=1)
    assert 0 < rig.mws[0] < 150_000


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_read_before_the_opening_is_no_current_after_it(kind):
    for silent_ms in (9, 200, 400, 600, 1_000, 1_400):
        rig = charging(kind)
        rig.run(3_000, closed=1)
        rig.run(silent_ms)
        assert rig.meter.current_ma == [0, 0, 0], silent_ms
        rig.far.fault = "absent" if kind == "atm90e32" else "silent"
        for _ in range(60):
            rig.run(99)
            assert rig.meter.current_ma == [0, 0, 0], silent_ms


@pytest.mark.parametrize("kind", KINDS)
def test_a_current_that_goes_on_after_the_opening_is_shown(kind):
    rig = charging(kind)
    rig.run(3_000, closed=1)
    rig.run(3_000)
    assert rig.meter.current_ma == pytest.approx(rig.shown.ma, abs=10)


class TestChipsOfTheirOwn:
    """Three BL0942, each living on its phase."""

    def test_a_house_of_one_phase_is_metered(self):
        rig = Rig("bl0942")
        rig.shown.mv, rig.shown.ma, rig.shown.mw = (
            [230_000, 0, 0],
            [16_000, 0, 0],
            [3_680_000, 0, 0],
        )
        rig.run(2_000)
        assert rig.meter.valid and rig.meter.ready and rig.meter.frequency_chz == 5_000
        rig.run(60_000, closed=1)
        assert rig.meter.valid
        assert rig.mws[0] == pytest.approx(60 * 3_680_000, rel=0.02) and rig.mws[1:] == [0, 0]

    def test_a_house_on_the_second_phase_is_metered(self):
        rig = Rig("bl0942")
        rig.shown.mv, rig.shown.ma, rig.shown.mw = (
            [0, 230_000, 0],
            [0, 16_000, 0],
            [0, 3_680_000, 0],
        )
        rig.run(2_000)
        assert rig.meter.valid and rig.meter.frequency_chz == 5_000
        assert rig.meter.voltage_mv == pytest.approx([0, 230_000, 0], rel=0.001)

    def test_a_phase_that_goes_is_lost_and_the_others_stay(self):
        rig = charging("bl0942")
        rig.shown.mv = [230_000, 0, 230_000]
        rig.run(STALE_MS + 1_000)
        meter = rig.meter
        assert meter.valid and meter.voltage_mv[1] == meter.current_ma[1] == meter.phase_mw[1] == 0
        assert meter.current_ma[0] == pytest.approx(16_000, abs=10)
        assert meter.power_w == pytest.approx((rig.shown.mw[0] + rig.shown.mw[2]) / 1e3, abs=10)

    def test_a_phase_that_went_before_the_bus_leaves_nothing(self):
        rig = charging("bl0942")
        rig.shown.mv = [230_000, 230_000, 0]
        rig.run(2_000, closed=1)
        rig.far.fault = "silent"
        rig.run(STALE_MS + 1_000, closed=1)
        assert (rig.meter.valid, rig.meter.current_ma, rig.meter.power_w) == (0, [0, 0, 0], 0)
        rig.far.fault = None
        rig.shown.mv = [230_000] * 3
        rig.run(2_000)
        assert rig.meter.valid and min(rig.meter.voltage_mv) > 229_000


class TestAtm90e32:
    def test_it_sets_the_chip_up_behind_its_lock(self):
        rig = charging("atm90e32", mains_hz=60)
        words = rig.far.words
        assert (words[0x33], words[0x00], words[0x7F]) == (0x1185, 1, 0)
        assert [words[r] for r in (0x61, 0x65, 0x69)] == [20_000, 20_001, 20_002]
        assert [words[r] for r in (0x62, 0x66, 0x6A)] == [25_000, 25_001, 25_002]

    def test_a_chip_that_forgot_everything_is_set_up_again(self):
        rig = charging("atm90e32")
        rig.far.reset()
        rig.run(1_000)
        assert rig.far.words[0x61] == 20_000 and rig.meter.valid
        assert rig.meter.refused == 1

    @pytest.mark.parametrize("mw", [-3_650_000, -1, 320, 20_971_520, 21_000_000])
    def test_power_is_signed_over_both_words(self, mw):
        rig = Rig("atm90e32")
        rig.shown.mw = [mw, 0, 0]
        rig.run(1_000)
        assert rig.meter.phase_mw[0] == pytest.approx(mw, abs=2, rel=0.0001)


class TestSdm630:
    def test_the_question_and_the_check_of_the_protocol_document(self):
        # Eastron's example: amps 1 of meter 1 is 01 04 00 06 00 02 and the check 91 CA
        assert crc(bytes.fromhex("010400060002"), 6) == 0xCA91
        sent = []
        rig = Rig("sdm630")
        write = rig.far.write
        rig.far.write = lambda frame: sent.append(bytes(frame)) or write(frame)
        rig.run(200)
        assert sent[0][:6] == bytes.fromhex("010400000012") and crc(sent[0], 8) == 0

    @pytest.mark.parametrize(
        "value", [0.0, 0.0005, 0.001, 1.5, 49.98, 230.2, -12.345, 3_650.25, 99_999.99, 524_287.0]
    )
    def test_floats_become_thousandths(self, value):
        bits = struct.pack(">f", value)
        true = struct.unpack(">f", bits)[0] * 1_000
        assert milli(bits, 0) == pytest.approx(true, abs=1.001)
        assert abs(milli(bits, 0)) < 1 << 30

    @pytest.mark.parametrize("value", [524_288.0, 1e30, float("inf"), float("nan")])
    def test_what_is_no_reading_is_unreadable(self, value):
        assert milli(struct.pack(">f", value), 0) == UNREADABLE

    def test_energy_of_a_silent_minute_is_the_meters_own_count(self):
        rig = charging("sdm630")
        rig.run(1_000, closed=1)
        rig.far.fault = "silent"
        rig.run(60_000, closed=1)
        rig.far.fault = None
        rig.run(2_000, closed=1)
        assert rig.mws[0] == pytest.approx(63 * 3_650_000, rel=0.03)

    @pytest.mark.parametrize("jump_wh", [-500, 5_000])
    def test_another_meter_only_starts_anew(self, jump_wh):
        rig = charging("sdm630")
        rig.shown.wh = [wh + 1_000 for wh in rig.shown.wh]
        rig.meter = Sdm630(rig.far)
        rig.run(3_000, closed=1)
        counted, refused = list(rig.mws), rig.meter.refused
        rig.shown.wh = [wh + jump_wh for wh in rig.shown.wh]
        rig.shown.mw = [0, 0, 0]
        rig.run(3_000, closed=1)
        assert rig.meter.refused == refused + 1
        assert sum(rig.mws) - sum(counted) < 3 * 3_600_000 * 3

    def test_a_model_without_counts_by_phase_integrates(self):
        rig = charging("sdm630", counts_phases=0)
        rig.shown.wh = [0.0] * 3
        rig.run(30_000, closed=1)
        assert rig.mws[0] == pytest.approx(30 * 3_650_000, rel=0.03)

    def test_the_driver_listens_before_the_answer_comes(self):
        levels = []
        rig = Rig("sdm630", enable=levels.append)
        rig.run(180)
        assert levels[:2] == [1, 0]
