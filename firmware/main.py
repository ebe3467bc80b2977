"""A board's two threads: the control loop in its rhythm, the services in their turns.

The REPL stays free; the console finds the box here.
"""

import gc
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from control import TICK_MS
from unloading import unload
from wallbox import Box

SERVICE_MS = 50
COLLECT_TURNS = 200
STACK_BYTES = 12 * 1024  # the port's 5 KB hold neither the core's depth of calls nor JSON
box = None  # the Box that runs on this chip, for the console
failure = ""  # why there is none


def run():
    """Start the box on a board: control and services in threads, the REPL stays free.

    Raises what went wrong; then the contactor is open, since the first tick would be the last
    thing to start, and the watchdog of start.py or of the wiring, if it came so far, restarts
    the chip after drivers/watchdog.py's START_MS or a little more.
    """
    global box, failure  # noqa: PLW0603, one chip, one box
    import _thread
    from os import urandom

    try:
        started = furnished(urandom)
        _thread.stack_size(STACK_BYTES)
        _thread.start_new_thread(service_loop, (started,))
        _thread.start_new_thread(control_loop, (started.control,))
    except Exception as wrong:
        failure = "%s: %s" % (type(wrong).__name__, wrong)
        raise wrong  # not bare: the native emitter cannot re-raise
    box = started
    return started


def furnished(random_bytes):
    """Return this chip's Box, its meter scaled and its pilot calibrated, ready for the first tick.

    random_bytes(count): for the key of the meter.
    """
    import board

    from storage.config import Config
    from storage.meter_key import MeterKey

    made = Box(board, Config("config.json"), MeterKey("meter.key", random_bytes))
    made.config.may_write = made.is_quiet
    made.scale_meter("meter.json")
    made.calibrate()
    unload("board")
    gc.collect()
    gc.threshold(-1)  # from now on at a moment that we choose
    return made


def control_loop(control):
    next_ms = ticks_ms()
    while True:
        control.tick()
        next_ms = sleep_until(next_ms, TICK_MS)


def serve_guarded(box):
    """One turn of the services; a service that fails gets its next turn all the same."""
    try:
        box.serve()
    except Exception as wrong:  # kept for the console: nothing here may end the thread
        box.service_failure = wrong


def sleep_until(next_ms, period_ms):
    """Keep the rhythm of period_ms; after a stall start anew instead of catching up."""
    next_ms = ticks_add(next_ms, period_ms)
    left_ms = ticks_diff(next_ms, ticks_ms())
    if left_ms < 0:
        return ticks_ms()
    sleep_ms(left_ms)
    return next_ms


def service_loop(box):
    """Serve for ever. Memory is collected here, while no contactor waits for a tick."""
    turn = 0
    while True:
        serve_guarded(box)
        turn = (turn + 1) % COLLECT_TURNS
        if turn == 0 and not box.snapshot.contactor_command:
            gc.collect()
        sleep_ms(SERVICE_MS)
