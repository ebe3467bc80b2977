"""What `journal/read` tells of a journal on flash."""

from asked import Asked

from storage.journal import DRAFT, EVENT, MARK, SESSION, Journal

SECTORS = 12


def test_it_tells_what_was_sent_and_not_the_boxs_own_notes(flash):
    journal = Journal(flash(SECTORS), 0, SECTORS)
    while journal.prepare():
        pass
    for kind, seq in ((EVENT, 1), (MARK, 1), (DRAFT, 2), (SESSION, 2)):
        assert journal.append(kind, b'{"seq": %d}' % seq, seq)
    records = Asked(journal=journal).ask("journal/read", None)["value"]["records"]
    assert [(told["kind"], told["record"]["seq"]) for told in records] == [
        ("session", 2),
        ("event", 1),
    ]
