"""What an engineer types at the REPL: `import console`, then `console.help()`.

Every function prints lines of at most 79 columns and returns None; a wrong argument is answered
with one sentence and changes nothing. set() may change what belongs to the installation, its limit
and the bounds of its protections too, within the table's ranges and in force from the next start
on; a weld ends by reset_faults() only here. Everything else only reads what control and services
publish, or asks by the same requests as a remote party, which can only lower what is offered.
"""

import json
import sys
from time import sleep_ms, ticks_diff, ticks_ms

import console_views as views
from micropython import const
from unloading import unload

from state import events as ring
from state.records import NO_LIMIT
from storage import config as settings

LIMIT = "console"  # what the offer's reason says when this limit is the lowest
_LOWEST_A = const(6)
_HIGHEST_A = const(80)
_MOST_SESSIONS = const(50)
LEVELS = ("off", "faults", "events")
_TOLD_AS_FAULTS = const(
    ("contactor", "fault", "fault_cleared", "restarted", "storage", "config_refused")
)
_ERRAND_MS = const(5_000)
_level = LEVELS[0]


def _plainly(function):
    """Make a function that prints what it refuses, instead of raising it."""

    def told(*arguments, **named):
        try:
            function(*arguments, **named)
        except TypeError as wrong:  # too few arguments, too many, or one of another kind
            _show_sentence("%s; see console.help()" % wrong)
        except (ValueError, OSError) as wrong:
            _show_sentence(str(wrong))

    return told


def _box():
    running = sys.modules.get("main")
    if running is None or running.box is None:
        why = getattr(running, "failure", "") or "it was not started"
        if running is None or hasattr(running, "run"):
            why += "; start one: import main; main.run()"
        raise ValueError("no box runs here: " + why)
    return running.box


def _show_sentence(text):
    first, *others = text.split(" ")
    _show(views.folded(first, others, ""))


def _show(lines):
    for line in lines:
        print(line)


def help():
    from console_help import HELP

    unload("console_help")
    for usage, text in HELP:
        print("%-17s %s" % (usage, text))


@_plainly
def status():
    _show(views.status(_box()))


@_plainly
def why():
    _show(views.why(_box()))


@_plainly
def pilot():
    _show(views.pilot_lines(_box()))


@_plainly
def meter():
    _show(views.meter(_box()))


@_plainly
def faults():
    _show(views.faults_lines(_box()))


@_plainly
def events(n=10):
    _check_count("events", n, ring.RING)
    _show(views.events_lines(_box(), n))


@_plainly
def sessions(n=5):
    _check_count("sessions", n, _MOST_SESSIONS)
    kept = _errand(lambda box: _kept_sessions(box, n))
    _show([views.ended(record) for record in reversed(kept)] or ["No sessions on flash."])


@_plainly
def export(n=_MOST_SESSIONS):
    _check_count("export", n, _MOST_SESSIONS)
    for record in _errand(lambda box: _kept_sessions(box, n)):
        print(json.dumps(record))


@_plainly
def blackbox():
    for line in _box().control.blackbox.lines():
        print(json.dumps(line))


@_plainly
def config():
    from storage.config_texts import TEXTS

    unload("storage.config_texts")
    shown = _box().config.shown()
    for name in sorted(settings.FIELDS):
        _, lowest, highest = settings.FIELDS[name]
        _show(views.setting(name, shown[name], lowest, highest, TEXTS[name]))


@_plainly
def set(name, value):
    box = _box()
    settings.checked(name, value)
    _check_open(box, "config %s" % name)
    box.config.set(name, value)
    print("%s = %r, in force from the next start on" % (name, box.config.shown()[name]))


@_plainly
def limit(amps):
    requests = _box().requests
    if amps is None:
        if LIMIT in requests.local_names:
            requests.limit_locally(LIMIT, NO_LIMIT)
        print("no limit from the console")
        return
    if type(amps) not in (int, float) or not (amps == 0 or _LOWEST_A <= amps <= _HIGHEST_A):
        raise ValueError("limit: %r is not None, 0 or %d to %d A" % (amps, _LOWEST_A, _HIGHEST_A))
    requests.limit_locally(LIMIT, int(amps * 10))
    print("at most %s, until console.limit(None) or a restart" % views.amps(int(amps * 10)))


@_plainly
def enable(on):
    if type(on) is not bool:
        raise ValueError("enable: %r is not True or False" % (on,))
    _box().requests.enabled = 1 if on else 0
    print("charging is %s" % ("allowed" if on else "disabled"))


@_plainly
def reset_faults():
    box = _box()
    box.requests.reset_faults()
    sleep_ms(100)  # a tick to clear them, and the next to find again what is still wrong
    _show(views.faults_lines(box))


@_plainly
def restart():
    box = _box()
    _check_open(box, "restart", "the box starts anew")
    box.restart()


@_plainly
def selftest(patience_s=60, as_json=False):
    import selftest

    for item in selftest.run(_box(), patience_s):
        print(json.dumps(item) if as_json else item["text"])


@_plainly
def calibrate(*arguments, **named):
    from metering import calibration

    box = _box()
    said = calibration.at_console(
        box.wiring.meter, *arguments, save=lambda *parts: _save_scaling(box, *parts), **named
    )
    print(said)


@_plainly
def log(level=None):
    global _level  # noqa: PLW0603, one console, one level
    if level is not None and level not in LEVELS:
        raise ValueError("log: %r is not one of %s" % (level, ", ".join(LEVELS)))
    listeners = _box().reporter.listeners
    _level = level or _level
    if _hear not in listeners:
        listeners.append(_hear)
    print("log: %s" % _level)


def _hear(told):
    """Called by the services with every event; prints into whatever the engineer is typing."""
    if _level == "events" or (_level == "faults" and told["event"] in _TOLD_AS_FAULTS):
        print("[%s] %s" % (views.clock(told.get("at_ms", 0) // 1_000), views.event(told)))


@_plainly
def follow(seconds=None):
    _box()
    since_ms = ticks_ms()
    before = _level
    log("events")
    try:
        while seconds is None or ticks_diff(ticks_ms(), since_ms) < seconds * 1_000:
            sleep_ms(50)
    except KeyboardInterrupt:
        pass  # that is how one ends it
    finally:
        log(before)


def _save_scaling(box, phases, path) -> bool:
    """Save it now, or as soon as a flash write disturbs nothing. Return whether it was now."""
    from metering import scaling

    def errand():
        if not box.is_quiet():
            return True
        scaling.save(phases, path)
        return False

    is_later = errand()
    if is_later:
        box.errands.append(errand)
    return not is_later


def _check_open(box, place, what="flash is written"):
    if box.snapshot.contactor_command or box.snapshot.contactor_closed:
        raise ValueError("%s: not now: %s with an open contactor only" % (place, what))


def _kept_sessions(box, n):
    from storage.history import sessions as all_sessions

    found = []
    for record in all_sessions(box.journal) if box.journal else ():
        found.append(record)
        if len(found) == n:
            break
    return found


def _errand(function):
    """Let the services' thread, whose flash it is, run function(box). Return its result."""
    box, answer = _box(), []

    def errand():
        answer.append(function(box))

    box.errands.append(errand)
    since_ms = ticks_ms()
    while not answer:
        if ticks_diff(ticks_ms(), since_ms) > _ERRAND_MS:
            box.errands[:] = [other for other in box.errands if other is not errand]
            raise ValueError("the services did not answer within %d s" % (_ERRAND_MS // 1_000))
        sleep_ms(20)
    return answer[0]


def _check_count(place, n, most):
    if type(n) is not int or not 1 <= n <= most:
        raise ValueError("%s: %r is not from 1 to %d" % (place, n, most))
