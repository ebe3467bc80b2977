"""Who gets a turn, in which order: two tables. A service that fails is passed over, no other is.

One that fails for want of memory would do so in every turn and take the others' time with it: what
the box can do without for a while (PATIENT) is tried again after growing pauses. Each entry takes
the wallbox.Box and ticks_ms(). What they decide is theirs.
"""

from backoff import Backoff


def run_errand(box, now_ms):
    """Do one thing that the console wants done by this thread; again later if it says so."""
    errand = box.errands.pop(0) if box.errands else None
    if errand and errand():
        box.errands.append(errand)


def report(box, now_ms):
    restart = box.recovery.report()
    if restart:
        box.tell(restart)
    box.reporter.poll()


def keep_book(box, now_ms):
    notes = box.book.poll(now_ms)
    if notes:
        box.outbox.append("mark", notes)
        box.signing.keep()


def recover(box, now_ms):
    box.recovery.poll(now_ms, box.snapshot, box.control.failure)
    if box.recovery.is_due() and not box.snapshot.session_number and box.is_quiet():
        box.restart()


def keep_register(box, now_ms):
    trouble = box.checkpoints.poll(now_ms)
    if trouble:
        box.tell({"event": "storage", "text": trouble})


def tend_network(box, now_ms):
    link, station = box.link, box.station
    if link and station:
        station.poll(now_ms, link.is_up() or not box.route.is_free())
    if link and (station is None or station.is_up()):
        box.network_time.poll(now_ms, link.is_up())


def talk(box, now_ms):
    if box.link is None and box.config["broker_host"] and box.recovery.allows_cloud():
        box.go_online()
    if box.link and (box.link.is_up() or box.may_connect()):
        box.link.poll(now_ms)


TENDED = (  # also while the link waits for an answer; None: the part of that name is polled
    ("console", run_errand),
    ("clock", None),
    ("reporter", report),
    ("book", keep_book),
    ("recovery", recover),
    ("checkpoints", keep_register),
    ("signing", None),
    ("permission", None),
    ("standstill", None),
    ("updates", None),
    ("network", tend_network),
)
PATIENT = ("updates", "network", "link", "setup")  # after a failure they wait longer each time
OTHERS = (("link", talk), ("setup", None), ("answers", None))  # the last may restart the chip


def turns(box, services, now_ms):
    """Give each a turn; keep what one fails of for the console, and tell it once."""
    for name, turn in services:
        pause = box.pauses.get(name)
        if pause and not pause.is_over(now_ms):
            continue
        try:
            if turn:
                turn(box, now_ms)
            elif getattr(box, name):
                getattr(box, name).poll(now_ms)
            if pause:
                pause.succeed()
        except Exception as wrong:
            box.service_failure = wrong
            if name in PATIENT:
                pause = box.pauses[name] = pause or Backoff()
                pause.fail(now_ms)
            if name not in box.failed_services:
                box.failed_services.append(name)
                tell_failure(box, name, wrong)


def tell_failure(box, name, wrong):
    try:
        box.tell({"event": "service_failed", "service": name, "text": repr(wrong)})
    except Exception as silent:  # it is the reporter that fails: the console still shows it
        box.service_failure = silent
