"""What is wrong with a command, as a sentence in a ValueError. place: how it begins."""

from micropython import const

_SHOWN = const(40)  # characters of a refused value that its sentence repeats


def check_open(place, snapshot):
    if snapshot.contactor_command or snapshot.contactor_closed:
        raise ValueError("%s: the contactor is closed" % place)


def check_number(place, value, lowest, highest):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("%s: %s is not a number" % (place, shown(value)))
    if not lowest <= value <= highest:
        raise ValueError("%s: %s is not from %d to %d" % (place, value, lowest, highest))


def check_whole(place, value, lowest, highest):
    """Check a time or a count: the board's floats are two minutes apart in Unix time."""
    if type(value) is not int:
        raise ValueError("%s: %s is not a whole number" % (place, shown(value)))
    check_number(place, value, lowest, highest)


def shown(value):
    """Return a value for a sentence: short, and without following it into its depth."""
    if value and isinstance(value, (dict, list)):
        return "a " + type(value).__name__
    return repr(value)[:_SHOWN]
