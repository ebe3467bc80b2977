"""The energy register on simulated flash: monotonic, at most one step behind, whatever is cut."""

import struct
from binascii import crc32

import pytest

from plant.flash import PowerCut
from storage.reading import SLOT, Reading
from storage.register import PACE_S, Register

SECTORS = 6


def reading(total_ws):
    found = Reading()
    found.total_wh[0], found.rest_ws[0] = total_ws // 3_600, total_ws % 3_600
    found.session_ws[2] = total_ws
    found.session, found.next_session, found.cycles, found.session_s = 7, 8, 1_234, 99
    return found


def prepared(register):
    while register.prepare():
        pass
    return register


def test_every_field_comes_back(flash):
    device = flash(SECTORS)
    kept = reading(5_000_000)
    kept.started_s, kept.closings, kept.rest_ws[1] = 1_800_000_000, 3, 17
    assert prepared(Register(device, 0, SECTORS)).keep(kept)
    found = Register(device, 0, SECTORS).last
    assert vars(found) == vars(kept)
    assert found.total_ws() == 5_000_017


def test_without_erased_room_it_refuses_and_keeps_what_it_has(flash):
    device = flash(SECTORS)
    register = prepared(Register(device, 0, SECTORS))
    kept = 0
    while register.keep(reading(kept + 1)):
        kept += 1
    assert kept == (SECTORS - 2) * ((4_096 - 32) // SLOT)
    assert Register(device, 0, SECTORS).last.total_ws() == kept
    assert prepared(register).keep(reading(kept + 1))


def test_the_pace_slows_when_half_the_room_is_used(flash):
    register = prepared(Register(flash(SECTORS), 0, SECTORS))
    assert register.pace_s() == 0
    for k in range(3 * ((4_096 - 32) // SLOT)):
        register.keep(reading(k))
    assert register.pace_s() == PACE_S


def live(device, done):
    register = Register(device, 0, SECTORS)
    for _ in range(450):
        prepared(register)
        if register.keep(reading(done[-1] + 36_000)):
            done.append(done[-1] + 36_000)


@pytest.mark.parametrize("torn", [0.0, 0.5, 0.99])
def test_power_is_cut_at_every_operation(flash, torn):
    first = flash(SECTORS)
    live(first, [0])
    for cut in range(1, first.operations + 1):
        device = flash(SECTORS)
        device.cut_at, device.torn = cut, torn
        done = [0]
        with pytest.raises(PowerCut):
            live(device, done)
        again = prepared(Register(device, 0, SECTORS))
        assert done[-1] <= again.last.total_ws() <= done[-1] + 36_000
        more = again.last.total_ws() + 1
        assert again.keep(reading(more))
        assert Register(device, 0, SECTORS).last.total_ws() == more
    print("cut at %d operations of the register" % first.operations)


def test_flipped_bits_cost_at_most_a_sector_of_steps(flash):
    for bit in range(0, 2 * 8 * 4_096, 461):
        device = flash(SECTORS)
        register = prepared(Register(device, 0, SECTORS))
        for k in range(100):
            register.keep(reading(k * 36_000))
        device.flip(bit)
        found = Register(device, 0, SECTORS)
        assert found.last.total_ws() in range(0, 100 * 36_000, 36_000)
        assert found.last.total_ws() >= 77 * 36_000
        assert prepared(found).keep(reading(101 * 36_000))


def test_what_no_restart_may_forget_rides_on_the_slot_and_older_slots_have_none(flash):
    kept = reading(5_000)
    kept.kept, kept.session_s = 15, 2**28 + 7
    found = Reading()
    assert found.unpack(kept.pack())
    assert (found.kept, found.session_s) == (15, 2**28 - 1)
    assert (found.rest_ws, found.session_ws, found.closings) == ([1_400, 0, 0], [0, 0, 5_000], 0)
    fields = struct.pack("<IIIHHHIIIIIIIIH", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    assert found.unpack(fields + struct.pack("<I", crc32(fields)))
    assert (found.kept, found.session_s, found.total_wh, found.closings) == (0, 14, [1, 2, 3], 15)
