"""The journal on simulated flash: order, bounds, damage, and a cut at every operation."""

import pytest

from plant.flash import PowerCut
from storage.journal import AHEAD_SHARE, EVENT, LONGEST, MARK, SESSION, Journal
from storage.sector_ring import HEAD

SECTORS = 12


def text(k):
    return b"%d %s" % (k, b"x" * (k * 37 % 300))


def drained(journal):
    """Return the payloads of everything unsent, sending it."""
    found = []
    record = journal.peek()
    while record:
        found.append(record[1])
        journal.done(record[2])
        record = journal.peek()
    return found


def prepared(journal):
    while journal.prepare():
        pass
    return journal


@pytest.fixture
def device(flash):
    return flash(SECTORS)


@pytest.fixture
def journal(device):
    return prepared(Journal(device, 0, SECTORS))


def test_records_come_back_in_order_and_only_until_they_are_sent(journal, device):
    for k in range(1, 30):
        assert journal.append(EVENT if k % 5 else SESSION, text(k), k)
    again = Journal(device, 0, SECTORS)
    assert again.seq == 29
    assert drained(again) == [text(k) for k in range(1, 30)]
    assert Journal(device, 0, SECTORS).peek() is None


def test_a_mark_is_kept_but_never_sent(journal, device):
    journal.append(MARK, b"note", 0)
    journal.append(EVENT, b"event", 1)
    assert drained(journal) == [b"event"]
    newest = list(Journal(device, 0, SECTORS).newest_first())
    assert newest == [(EVENT, 1, b"event"), (MARK, 0, b"note")]


def test_without_erased_room_a_record_is_refused_and_nothing_is_lost(journal):
    taken = 0
    while journal.append(EVENT, b"x" * 400, taken + 1):
        taken += 1
    assert taken >= SECTORS // AHEAD_SHARE * 9
    assert len(drained(journal)) == taken


def test_the_oldest_makes_room_and_is_counted(journal):
    for k in range(1, 400):
        assert journal.append(EVENT, b"%d" % k + b"x" * 300, k)
        prepared(journal)
    left = drained(journal)
    assert journal.dropped + len(left) == 399
    assert journal.dropped > 100
    assert [int(record.split(b"x")[0]) for record in left] == list(range(400 - len(left), 400))


@pytest.mark.parametrize("payload", [b"", b"x" * (LONGEST + 1)])
def test_an_impossible_record_is_refused(journal, payload):
    with pytest.raises(ValueError, match="record of"):
        journal.append(EVENT, payload, 1)


def test_sending_what_has_made_room_changes_nothing(journal):
    journal.append(EVENT, b"old", 1)
    record = journal.peek()
    for k in range(2, 400):
        journal.append(EVENT, b"x" * 300, k)
        prepared(journal)
    journal.done(record[2])
    assert b"old" not in drained(journal)
    assert journal.dropped > 0


def live(device, done):
    """A day: events are written, sometimes sent, sectors come round. done: what was promised."""
    journal = Journal(device, 0, SECTORS)
    done["seq"] = journal.seq
    for k in range(journal.seq + 1, journal.seq + 90):
        prepared(journal)
        if journal.append(EVENT, text(k), k):
            done["written"].append(k)
        if k % 3 == 0:
            record = journal.peek()
            if record:
                done["sent"].append(int(record[1].split()[0]))
                journal.done(record[2])


def test_power_is_cut_at_every_operation(flash):
    first = flash(SECTORS)
    live(first, {"written": [], "sent": []})
    points = first.operations
    for torn in (0.0, 0.3, 0.99):
        for cut in range(1, points + 1):
            device = flash(SECTORS)
            device.cut_at, device.torn = cut, torn
            done = {"written": [], "sent": []}
            with pytest.raises(PowerCut):
                live(device, done)
            check_after_cut(device, done)
    print("cut at %d operations of the journal, 3 ways each" % points)


def check_after_cut(device, done):
    journal = prepared(Journal(device, 0, SECTORS))
    last = done["written"][-1] if done["written"] else 0
    assert last <= journal.seq <= last + 1
    sent = len(done["sent"])
    found = [int(record.split()[0]) for record in drained(journal)]
    if found:
        assert found == list(range(found[0], journal.seq + 1))
        # the one under way may come again, never one that was written and not sent be missing
        assert sent <= found[0] <= sent + 1
    else:
        assert sent >= last
    assert journal.append(EVENT, b"after", journal.seq + 1)
    assert drained(journal) == [b"after"]


def test_flipped_bits_lose_single_records_and_are_counted(flash):
    for bit in range(0, 2 * 8 * 4_096, 997):
        device = flash(SECTORS)
        journal = prepared(Journal(device, 0, SECTORS))
        for k in range(1, 60):
            journal.append(EVENT, text(k), k)
        device.flip(bit)
        again = prepared(Journal(device, 0, SECTORS))
        found = [int(record.split()[0]) for record in drained(again)]
        assert found == sorted(set(found))
        in_head = bit % (8 * 4_096) < 8 * HEAD
        assert 59 - len(found) <= (25 if in_head else 1)
        newest_lost = found[-1] < 59  # nothing tells it from one that a cut tore
        assert again.damaged or len(found) == 59 or in_head or newest_lost
        assert again.append(EVENT, b"new", 60) and drained(again) == [b"new"]
