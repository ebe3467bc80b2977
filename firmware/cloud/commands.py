"""What the cloud or the owner may ask: one table. A remote party can stop or limit, never more.

Each function checks its value, does what it says and returns what the reply tells besides "ok".
The docs take the first line of its docstring: what it is for. Takes what.
Whatever is wrong is told with one sentence and changes nothing. Who may be overheard or taken over
on the way decides nothing here: no protection, no limit of the installer, no way to the broker.
"""

from micropython import const

from cloud.checks import check_number, check_open, check_whole, shown
from state.faults import ACTION, ENDING, FAULTS, LATCH, OPEN, WELDED, codes
from state.records import NO_LIMIT

LIFETIME_S = 120  # evcc's watchdog repeats a setpoint well within that
_LONGEST_S = const(86_400)
_PAUSE_S = const(3_600)
_HIGHEST_A = const(80)
_LOWEST_A = const(6)
_LONGEST_NAME = const(32)
RESETS = 3  # of latches, in RESETS_MS: a latch that anyone may clear without end is none
RESETS_MS = 3_600_000
SETTLED_MS = 10_000  # after a start, before a command may restart the box: no loop of restarts
ROWS = range(len(FAULTS))
OPENING = sum(1 << row for row in ROWS if FAULTS[row][ACTION] == OPEN)
LATCHED = sum(1 << row for row in ROWS if FAULTS[row][ENDING] == LATCH) & OPENING


def enable(desk, value):
    """Allow or stop charging. Takes true or false."""
    if not isinstance(value, bool):
        raise ValueError("enable: %s is not true or false" % shown(value))
    desk.requests.enabled = 1 if value else 0


def pause(desk, value):
    """Stop for a while. Takes seconds, 3600 if null; 0 goes on."""
    seconds = _PAUSE_S if value is None else value
    check_whole("pause", seconds, 0, _LONGEST_S)
    desk.permission.pause(seconds, desk.now_ms)


def limit(desk, value):
    """Offer at most this for so long. Takes amperes, or a and lifetime_s.

    10, or {"a": 10, "lifetime_s": 60}; 0 stops, null takes the limit away.
    """
    lifetime_s = LIFETIME_S
    if isinstance(value, dict):
        for key in value:
            if key not in ("a", "lifetime_s"):
                raise ValueError("limit.%s: unknown, known: a, lifetime_s" % key)
        lifetime_s = value.get("lifetime_s", LIFETIME_S)
        if "a" not in value:
            raise ValueError("limit.a: missing")
        value = value["a"]
    check_whole("limit.lifetime_s", lifetime_s, 1, _LONGEST_S)
    if value is None:
        desk.requests.limit_remotely(NO_LIMIT, 0)
        return
    if value != 0:
        check_number("limit.a", value, _LOWEST_A, _HIGHEST_A)
    elif isinstance(value, bool):
        raise ValueError("limit.a: False is not a number")
    desk.requests.limit_remotely(int(value * 10), lifetime_s * 1_000)


def schedule(desk, value):
    """Charge only at these times. Takes windows as text; empty: always."""
    if not isinstance(value, str):
        raise ValueError("schedule: %s is not a text" % shown(value))
    desk.permission.plan(value)
    return {"saved": desk.permission.is_saved()}


def authorize(desk, value):
    """Let this plug-in or the next one charge. Takes who, or false.

    Who may charge, or false: nobody.
    """
    if value is False:
        desk.permission.withdraw()
        return
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise ValueError(
            "authorize: %s is not a name of 1 to %d characters, nor false"
            % (shown(value), _LONGEST_NAME)
        )
    desk.permission.authorise(value, desk.now_ms)


def unlock(desk, value):
    """Give the plug free for 30 s, contactor open. Takes anything."""
    if not desk.has_lock:
        raise ValueError("unlock: this box has no lock")
    check_open("unlock", desk.snapshot)
    check_faults("unlock", desk.snapshot.faults, 1 << WELDED)
    desk.requests.unlock()


def reset_faults(desk, value):
    """Clear latched faults whose cause is gone. Takes anything."""
    check_faults("reset_faults", desk.snapshot.faults, 1 << WELDED)
    if desk.snapshot.faults & LATCHED and not desk.resets.take(desk.now_ms):
        raise ValueError("reset_faults: %d latches in an hour are enough: come and look" % RESETS)
    desk.requests.reset_faults()


def selftest(desk, value):
    """Test the residual current monitor, contactor open. Takes anything.

    The reply comes when the test has ended.
    """
    if not desk.has_monitor_test:
        raise ValueError("selftest: this box's monitor has no test input")
    check_open("selftest", desk.snapshot)
    desk.begin_test()
    desk.requests.test_monitor()


def restart(desk, value):
    """Start the box anew, contactor open. Takes anything.

    A restart forgets latched faults, so none may be in force that wants a look.
    """
    check_open("restart", desk.snapshot)
    check_faults("restart", desk.snapshot.faults, OPENING)
    if desk.age_ms() < SETTLED_MS:
        raise ValueError("restart: %d s after a start at the earliest" % (SETTLED_MS // 1_000))
    desk.begin_restart()


def identify(desk, value):
    """Blink for 10 s. Takes anything."""
    desk.begin_blinking()


def read_config(desk, value):
    """Read the config. Takes a name, or null for all."""
    from cloud import readings

    return readings.config(desk, value)


def set_config(desk, value):
    """Change what may be changed. Takes an object of names and values."""
    from cloud import readings

    return readings.set_config(desk, value)


def read_journal(desk, value):
    """Records, newest first. Takes null, or before and count."""
    from cloud import readings

    return readings.journal(desk, value)


def read_blackbox(desk, value):
    """What led to the last fault. Takes a line's number from 0."""
    from cloud import readings

    return readings.blackbox(desk, value)


def check_faults(place, faults, forbidden):
    if faults & forbidden:
        names = ", ".join(codes(faults & forbidden))
        raise ValueError("%s: not with %s in force: see to it at the box" % (place, names))


def begin_update(desk, value):
    """A bundle is to come, or goes on. Takes version, size, sha256, url or not."""
    return _update(desk, "begin", value)


def piece_update(desk, value):
    """The next bytes of it. Takes at, crc32, base64."""
    return _update(desk, "piece", value)


def install_update(desk, value):
    """Install it when no car is connected. Takes null or now."""
    return _update(desk, "install", value)


def status_update(desk, value):
    """How far it is. Takes anything."""
    return _update(desk, "status", value)


def key_update(desk, value):
    """The fleet's next key. Takes key, by_old, by_new."""
    return _update(desk, "key", value)


def _update(desk, verb, value):
    """update/service.py has the values' fields."""
    if desk.requests.updates is None:
        raise ValueError("update/%s: not on this box" % verb)
    return desk.requests.updates.ask(verb, value)


COMMANDS = {
    "enable": enable,
    "pause": pause,
    "limit": limit,
    "schedule": schedule,
    "authorize": authorize,
    "unlock": unlock,
    "reset_faults": reset_faults,
    "selftest": selftest,
    "config/get": read_config,
    "config/set": set_config,
    "journal/read": read_journal,
    "blackbox/read": read_blackbox,
    "restart": restart,
    "identify": identify,
    "update/begin": begin_update,
    "update/piece": piece_update,
    "update/install": install_update,
    "update/status": status_update,
    "update/key": key_update,
}
# what may be done twice without harm: no id is remembered
READINGS = ("config/get", "journal/read", "blackbox/read", "update/status", "update/piece")
UNCOUNTED = ("update/piece",)  # a bundle has hundreds; its sender waits for each reply
