"""What a link needs round it, on MicroPython."""

from exchange import Snapshot
from session_book import SessionBook
from wall_clock import WallClock

from cloud.outbox import Outbox
from cloud.reporter import Reporter


def reporter(config, requests, events):
    """Return a Reporter without a flash."""
    snapshot, clock = Snapshot(), WallClock()
    book = SessionBook(snapshot, requests, clock)
    return Reporter(config, snapshot, requests, events, Outbox(), book, clock)
