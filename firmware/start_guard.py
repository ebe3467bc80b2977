"""Starts the application that boot.py chose, and takes it back if it does not come through.

Stands beside boot.py, outside of what an update replaces: nothing that a new application brings
along is needed to get rid of it. A watchdog counts since boot.py, before a single line of the
application has run.

on trial    an error at its start ends the trial; and so does a timer, if the application has not
            come to a verdict about itself
otherwise   an error is shown at the REPL and the box stays safe: contactor open, pilot +12 V,
            the watchdog fed; after a while the chip is reset (firmware/recovery.py has the stages)
not there   the same without a reset, which would change nothing: the REPL says what is missing

Either way `import main; main.failure` has the reason.
"""

import sys

import machine
import slots

VERDICT_MS = 1_800_000  # three times what update/trial.py takes
AGAIN_MS = 60_000  # a reset waits for an open contactor
RETRY_S = 30  # after a start that failed, unless the application's main.retry_s says otherwise
WATCHDOG_MS = 10_000  # while nothing but this runs
FEED_MS = 1_000


class Absent:
    """What `import main` gives where there is no application."""

    box = None

    def __init__(self, failure: str):
        self.failure = failure


def start(chosen):
    """Run the application. chosen: slots.Slots, of which running, is_on_trial(), give_up(why)
    and, where nothing runs, missing() are used."""
    try:
        run()
    except Exception as wrong:
        fail(chosen, wrong)
    else:
        if chosen.is_on_trial():
            wait_for_verdict(chosen, VERDICT_MS)


def run():
    import main

    main.run()


def fail(chosen, wrong):
    """The application did not start."""
    why = "%s: %s" % (type(wrong).__name__, wrong)
    if chosen.is_on_trial():
        chosen.give_up(why)
        reset()
    retry_s = RETRY_S
    if "main" not in sys.modules:
        if not chosen.running:
            why, retry_s = "no whole slot: %s" % chosen.missing(), 0
        sys.modules["main"] = Absent(why)  # pyright: ignore[reportArgumentType]
    else:
        retry_s = getattr(sys.modules["main"], "retry_s", RETRY_S)
    if retry_s:
        sys.print_exception(wrong)
    hold(why, retry_s)


def hold(why: str, span_s: int):
    """Leave the box as boot.py made it, safe, with the REPL free. span_s: until a reset; 0: never.

    The callback runs in the main thread, whatever is typed there.
    """
    print("No box runs here: %s" % why)
    print("Contactor open, pilot +12 V, %s." % ("reset in %d s" % span_s if span_s else "waiting"))
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    left_s = [span_s]

    def turn(_):
        watchdog.feed()
        left_s[0] -= 1
        if left_s[0] == 0:
            reset()

    machine.Timer(0).init(mode=machine.Timer.PERIODIC, period=FEED_MS, callback=turn)


def wait_for_verdict(chosen, span_ms):
    """Look again after span_ms. The callback runs in the main thread, whoever hangs."""
    timer = machine.Timer(0)
    timer.init(mode=machine.Timer.ONE_SHOT, period=span_ms, callback=lambda _: judge(chosen))


def judge(chosen):
    if not chosen.is_on_trial():
        return
    if is_closed():
        wait_for_verdict(chosen, AGAIN_MS)
        return
    chosen.give_up("no verdict in %d minutes" % (VERDICT_MS // 60_000))
    reset()


def is_closed():
    """Return whether the contactor is commanded to close: the level of its output."""
    import board

    return machine.Pin(board.CONTACTOR["request"]).value()


def reset():
    """Reset the chip by order: the next start is not to take it for a panic."""
    slots.rest(machine.RTC())
    machine.reset()
