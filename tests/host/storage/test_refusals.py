"""A chip that refuses operations, and who may write when: nothing hangs, nothing is forgotten."""

import json

import pytest

from plant.flash import BLOCK_ERASE
from storage.config import Config
from storage.flash_store import FlashStore
from storage.journal import EVENT, Journal
from storage.reading import Reading

SECTORS = 32


class Refusing:
    """A flash that refuses operations of this kind. refused: how often it did."""

    def __init__(self, flash):
        self._flash, self.kind, self.refused = flash, "", 0

    def _ask(self, kind):
        if kind == self.kind:
            self.refused += 1
            raise OSError(5)

    def readblocks(self, block, buf, offset=0):
        self._ask("read")
        self._flash.readblocks(block, buf, offset)

    def writeblocks(self, block, buf, offset=None):
        self._ask("program")
        self._flash.writeblocks(block, buf, offset)

    def ioctl(self, command, argument):
        if command == BLOCK_ERASE:
            self._ask("erase")
        return self._flash.ioctl(command, argument)


def used(device):
    store = FlashStore(device)
    while store.prepare():
        pass
    kept = Reading()
    kept.total_wh[0] = 1_234
    assert store.register.keep(kept) and store.journal.append(EVENT, b"first", 1)
    return store


@pytest.mark.parametrize("kind", ["read", "program", "erase"])
def test_a_chip_that_refuses_is_left_alone_until_the_next_start(flash, kind):
    device = Refusing(flash(SECTORS))
    store = used(device)
    device.kind = kind
    more = Reading()
    more.total_wh[0] = 9_999
    for seq in range(2, 3_000):
        store.journal.append(EVENT, b"x" * 200, seq)
        store.register.keep(more)
        store.prepare()
        store.journal.peek()
    told = store.trouble(1)
    if kind != "read":
        assert store.journal.failed() and store.register.failed() and device.refused == 2
        assert "RAM only until the next start" in told
    assert store.trouble(1) is None  # once
    device.kind = ""
    again = FlashStore(device)
    assert again.register.last.total_wh[0] in (1_234, 9_999)
    assert not again.journal.failed()
    assert again.journal.peek()[1] == b"first"


@pytest.mark.parametrize("kind", ["read", "program", "erase"])
def test_a_box_starts_on_a_chip_that_refuses(flash, kind):
    device = Refusing(flash(SECTORS))
    device.kind = kind
    store = FlashStore(device)
    for _ in range(100):
        store.prepare()
    store.register.keep(Reading())
    store.journal.append(EVENT, b"x", 1)
    assert store.complaints and device.refused < 1_000


def test_what_came_back_after_the_ring_turned_is_not_marked_as_sent(flash):
    """The place of a record names its sector's number: a sector begun anew is another one."""
    journal = Journal(flash(12), 0, 12)
    seq = 0

    def more():
        nonlocal seq
        while journal.prepare():
            pass
        seq += 1
        assert journal.append(EVENT, b"%d " % seq + b"x" * 300, seq)

    more()
    kind, payload, place = journal.peek()
    first_sector = place[0]
    while True:
        more()
        found = journal.peek()
        if found[2][0] == first_sector and found[1] != payload:
            break
        if seq > 100 and found[1] != payload:  # the oldest made room: go round to its place
            journal.done(found[2])
    assert found[2][:2] == place[:2] and found[2] != place
    journal.done(place)  # the acknowledgement of what made room long ago
    assert journal.peek() == found


def test_a_config_is_not_written_while_an_erase_would_stall_a_charge(tmp_path):
    path = tmp_path / "config.json"
    config = Config(str(path))
    config.set("telemetry_s", 20)
    before = path.read_bytes()
    config.may_write = lambda: False
    for change in (
        lambda: config.set("telemetry_s", 30),
        lambda: config.set_all({"telemetry_s": 30}),
        config.reset,
    ):
        with pytest.raises(ValueError, match="not while a car charges"):
            change()
    assert path.read_bytes() == before and config["telemetry_s"] == 20
    config.may_write = lambda: True
    config.set("telemetry_s", 30)
    assert json.loads(path.read_bytes())["telemetry_s"] == 30
