"""The application of a box: its memory, its parts, its two threads. The console finds it here.

start_guard.py calls run() after every reset. Control goes on in its rhythm and the services take
their turns, each in a thread; the REPL stays free. Where this file is frozen MicroPython also runs
it as a script after boot.py, which does nothing.
"""

import gc
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

SERVICE_MS = 50
COLLECT_TURNS = 200
LOADING_BYTES = 8_192  # collect so often while modules load, or their leftovers scatter the heap
CONFIG = "config.json"
box = None  # the Box that runs on this chip, for the console
failure = ""  # why there is none
retry_s = 30  # after which start_guard.py resets the chip if there is none


def run():
    """Start the box on a board.

    Raises what went wrong; then the contactor is open, since control is the last thing to begin,
    and recovery.py knows of the start that failed.
    """
    global box, failure, retry_s  # noqa: PLW0603, one chip, one box
    from os import urandom

    gc.threshold(LOADING_BYTES)
    recovery = None
    try:
        recovery = recovered()
        if recovery.is_given_up():
            retry_s = recovery.rest_a_day()
            raise RuntimeError("%d starts failed, the last: %s" % (recovery.stage, recovery.why))
        reserved = reserve(recovery)
        started = furnished(urandom, recovery, reserved)
        for complaint in reserved.complaints:
            started.tell({"event": "memory", "text": complaint})
        reserved.begin((service_loop, started), (control_loop, started.control))
    except Exception as wrong:
        failure = "%s: %s" % (type(wrong).__name__, wrong)
        if recovery:
            recovery.fail(failure)
        raise wrong  # not bare: the native emitter cannot re-raise
    box, failure = started, ""
    return started


def recovered():
    """Return this start's recovery.Recovery: how much of the application it is to have."""
    import slots
    from machine import RTC
    from recovery import Recovery

    from storage.reset_memory import ResetMemory

    on_trial = bool(slots.current and slots.current.is_on_trial())
    return Recovery(ResetMemory(RTC()), slots.crashed, on_trial)


def reserve(recovery):
    """Take what memory must be had before anything large loads, by what the config's file says."""
    import json

    from reservation import Reservation

    try:
        with open(CONFIG) as file:
            settings = json.load(file)
    except (OSError, ValueError):
        settings = {}  # storage/config.py will say so
    return Reservation(settings if isinstance(settings, dict) else {}, recovery.allows_cloud())


def furnished(random_bytes, recovery=None, reserved=None):
    """Return this chip's Box, its meter scaled and its pilot calibrated, ready for the first tick.

    random_bytes(count): for the key of the meter. reserved: reservation.Reservation, or None.
    """
    import board
    from unloading import unload
    from wallbox import Box

    from storage.config import Config
    from storage.meter_key import MeterKey

    key = MeterKey("meter.key", random_bytes)
    made = Box(board, Config(CONFIG), key, recovery or recovered(), reserved)
    made.config.may_write = made.is_quiet
    made.scale_meter("meter.json")
    made.calibrate()
    unload("board")
    gc.collect()
    gc.threshold(-1)  # from now on at a moment that we choose
    return made


def control_loop(control):
    from control import TICK_MS

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
