"""On a board this file is /main.py: it starts the application that boot.py chose, under guard.

A watchdog counts since boot.py, before a single line of the application in the slot has run. An
error at its start is shown at the REPL, with the contactor open, and the watchdog starts anew.
On trial such an error ends the trial; and so does a timer, if the application has not come to a
verdict about itself: nothing that a new application brings along is needed to get rid of it.
Without slots, on a developer's board, an error leaves the REPL.
"""

import machine
import slots

LOADING_BYTES = 8_192  # collect so often while modules load, or their leftovers scatter the heap
VERDICT_MS = 1_800_000  # three times what update/trial.py takes
AGAIN_MS = 60_000  # a reset waits for an open contactor


def start(chosen):
    """Import and run the application; chosen: slots.Slots, or None."""
    if not (chosen and chosen.is_on_trial()):
        run()
        return
    try:
        run()
    except Exception as wrong:
        chosen.give_up("%s: %s" % (type(wrong).__name__, wrong))
        machine.reset()
    else:
        wait_for_verdict(chosen, VERDICT_MS)


def run():
    import gc

    gc.threshold(LOADING_BYTES)
    import main

    main.run()


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
    machine.reset()


def is_closed():
    """Return whether the contactor is commanded to close: the level of its output."""
    import board

    return machine.Pin(board.CONTACTOR["request"]).value()


if __name__ == "__main__" and not slots.started:  # boot.py was here before the chip itself
    slots.started = True
    start(slots.current)
