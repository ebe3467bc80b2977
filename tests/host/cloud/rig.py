"""What a link needs round it, on MicroPython."""

from exchange import Snapshot
from wall_clock import WallClock

from cloud.answers import Answers
from cloud.desk import Desk
from cloud.outbox import Outbox
from cloud.reporter import Reporter
from sessions.book import SessionBook
from sessions.permission import Permission


def reporter(config, requests, events):
    """Return a Reporter without a flash."""
    snapshot, clock = Snapshot(), WallClock()
    book = SessionBook(snapshot, requests, clock)
    return Reporter(config, snapshot, requests, events, Outbox(), book, clock)


def answers(config, requests):
    """Return Answers for a box in whose snapshot nothing ever happens."""
    snapshot, clock = Snapshot(), WallClock()
    permission = Permission(config, snapshot, requests, clock)
    return Answers(Desk(config, snapshot, requests, permission, None, None), clock)
