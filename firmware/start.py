"""On a board this file is /main.py: it starts the application that boot.py chose, under guard.

On trial a watchdog counts from here, before a single line of the new application has run, and an
error at its start ends the trial. Neither concerns a good application: an error there is shown at
the REPL, with the contactor open.
"""

import machine
import slots

START_MS = 30_000  # to compose and calibrate the box; wiring.py then shortens it


def start(chosen):
    """Import and run the application; chosen: slots.Slots."""
    if not chosen.trial:
        run()
        return
    machine.WDT(timeout=START_MS)
    try:
        run()
    except Exception as wrong:
        chosen.give_up("%s: %s" % (type(wrong).__name__, wrong))
        machine.reset()


def run():
    import main

    main.run()


if __name__ == "__main__":
    start(slots.current)
