"""The last seconds before a fault: every input of the core, every decision, and where it started.

A ring of changes in two halves. Each half begins with a checkpoint of the whole core, so a dump
can be run again on a host (`box replay`) from there to the same decisions. A fault or an opening
that nobody asked for freezes it a moment later; the next closing starts it anew.

Nothing allocates after __init__. Memory: 3 bytes an entry, about 4 KB, and 2 KB for the two
checkpoints; an ordinary tick takes three or four entries, so 1.5 to 3.5 s are kept. Cost: about
sixty comparisons a tick, 0.2 ms on the board (estimated).
"""

from array import array

from micropython import const

_ENTRIES = const(720)  # in each half
_RESERVE = const(110)  # more than one tick can take
_WIDE = const(255)  # code of the upper half of a value that 16 bits do not hold, behind its lower
_AFTER_TICKS = const(50)
TICK = 0  # an entry's code: a tick of so many milliseconds; then the inputs, then the decisions
FAULTS = 4  # place of the faults among the decisions
_ORDERLY = const(("8.1", "10.1"))  # openings that the car asked for, or answered
FORMAT = 1
_PIECE = const(128)  # entries in a line of the dump


def integers(thing):
    """Return the sorted names of the attributes that are integers or lists of them."""
    names = []
    for name, value in thing.__dict__.items():
        if isinstance(value, int) or (isinstance(value, list) and isinstance(value[0], int)):
            names.append(name)
    return sorted(names)


def places(thing):
    """Return [(owner, keys, name), ...] of every integer in thing, without a text for each.

    keys: attributes of thing, then name is empty; or indexes of its list of that name.
    """
    names = integers(thing)
    lists = [name for name in names if isinstance(getattr(thing, name), list)]
    found: list = [(thing, tuple([name for name in names if name not in lists]), "")]
    for name in lists:
        owner = getattr(thing, name)
        found.append((owner, range(len(owner)), name))
    return found


def cells(name, thing):
    """Yield (path, owner, key) of every integer in thing, in the order of places()."""
    return named([name], places(thing))


def named(names, found):
    """Yield (path, owner, key) of what places() found; names: one of each thing, in order."""
    k = -1
    for owner, keys, attribute in found:
        k += 0 if attribute else 1  # a thing's own attributes come before its lists
        for key in keys:
            middle = "%s." % attribute if attribute else ""
            yield "%s.%s%s" % (names[k], middle, key), owner, key


def decisions(core):
    """Return [(path, owner, attribute), ...] of what a replay must reproduce."""
    return (
        ("charging.state", core.charging, "state"),
        ("charging.rule", core.charging, "rule"),
        ("core.closing", core, "closing"),
        ("duty.bp", core.duty, "bp"),
        ("protection.faults", core.protection, "faults"),
        ("pilot.letter", core.pilot, "letter"),
    )


def parts_of(core):
    """Return [(name, object), ...]: everything whose integers are the core's memory."""
    return (
        ("core", core),
        ("pilot", core.pilot),
        ("duty", core.duty),
        ("cable", core.cable),
        ("offer", core.offer),
        ("remote", core.offer.remote),
        ("protection", core.protection),
        ("charging", core.charging),
        ("residual_test", core.residual_test),
        ("session", core.session),
        ("mains", core.mains),
        ("derating", core.derating),
    )


def size_of(found):
    """Return the number of integers in a list of places()."""
    return sum([len(keys) for _, keys, _ in found])


def zeros(kind, width, count):
    """Return an array of so many zeros, made without a list. width: bytes of one of this kind."""
    return array(kind, bytes(width * count))


def entries():
    """Return the memory of a BlackBox's entries, codes and values of each half: 3 bytes each."""
    codes = [bytearray(_ENTRIES) for _ in range(2)]
    return codes, [zeros("h", 2, _ENTRIES) for _ in range(2)]


class BlackBox:
    """frozen: 1 when a dump is ready. cause: the rule or fault bits that froze it.

    core, inputs: state.core.Core and its Inputs, after construction. sequences: one text a rule.
    telling: bits of the faults that are worth a dump. room: entries(), if they are there already.
    """

    def __init__(self, core, inputs, sequences, telling, room=None):
        self._core = core
        self._inputs = places(inputs)
        self._memory = [place for _, part in parts_of(core) for place in places(part)]
        self._decisions = decisions(core)
        self._closed = 0
        self._orderly = bytes(1 if sequence in _ORDERLY else 0 for sequence in sequences)
        self._telling = telling
        count = size_of(self._inputs)
        self._count = count
        self._last = zeros("i", 4, count + len(self._decisions))
        self._starts = [zeros("i", 4, count + size_of(self._memory)) for _ in range(2)]
        self._codes, self._values = room or entries()
        self._used = [0, 0]
        self.rearm()

    def rearm(self):
        """Forget what was recorded and begin anew with the next tick."""
        self.frozen = 0
        self.cause_rule = -1
        self.cause_faults = 0
        self._ending = 0
        self._half = 1
        self._used[1] = _ENTRIES  # so that the next tick takes a checkpoint
        self._alone = 1  # the other half holds nothing of this record
        self._fresh = 1

    def before(self, elapsed_ms: int):
        """Note a tick and the inputs that changed; call just before the core's step."""
        if self.frozen:
            return
        if self._used[self._half] > _ENTRIES - _RESERVE:
            self._turn_over()
            if self.frozen:
                return
        self._write(TICK, elapsed_ms)
        k = 0
        for owner, keys, name in self._inputs:
            for key in keys:
                value = owner[key] if name else getattr(owner, key)
                if value != self._last[k]:
                    self._last[k] = value
                    self._write(k + 1, value)
                k += 1

    def after(self):
        """Note the decisions that changed, and whether they are worth a dump."""
        core = self._core
        was_closed, self._closed = self._closed, core.closing
        if self.frozen:
            if core.closing and not was_closed:
                self.rearm()
            return
        was_faulty = self._last[self._count + FAULTS]
        k = self._count
        for _, owner, key in self._decisions:
            value = getattr(owner, key)
            if value != self._last[k]:
                self._last[k] = value
                self._write(k + 1, value)
            k += 1
        if self._ending:
            self._ending -= 1
            self.frozen = 0 if self._ending else 1
            return
        news = core.protection.faults & ~was_faulty & self._telling
        if news or (was_closed and not core.closing and not self._orderly[core.charging.rule]):
            self._ending = _AFTER_TICKS
            self.cause_rule = core.charging.rule
            self.cause_faults = news

    def freeze(self):
        """Keep what is there at once: the loop has met an error."""
        self.frozen = 0 if self._fresh else 1

    def _write(self, code, value):
        half = self._half
        at = self._used[half]
        codes, values = self._codes[half], self._values[half]
        codes[at] = code
        if -32_768 <= value <= 32_767:
            values[at] = value
        else:
            values[at] = (value & 0xFFFF) - ((value & 0x8000) << 1)
            at += 1
            codes[at] = _WIDE
            values[at] = (value >> 16) + (value >> 15 & 1)
        self._used[half] = at + 1

    def _turn_over(self):
        if self._ending:
            self.frozen = 1  # the older half is worth more than the rest of the aftermath
            return
        self._alone = self._fresh
        self._fresh = 0
        self._half = 1 - self._half
        self._used[self._half] = 0
        self._checkpoint(self._starts[self._half])

    def _checkpoint(self, start):
        k = self._copy(self._inputs, start, 0)
        for at in range(k):
            self._last[at] = start[at]
        self._copy(self._memory, start, k)
        for _, owner, key in self._decisions:
            self._last[k] = getattr(owner, key)
            k += 1

    def _copy(self, found, start, k):
        for owner, keys, name in found:
            for key in keys:
                start[k] = owner[key] if name else getattr(owner, key)
                k += 1
        return k

    def lines(self):
        """Yield the dump as JSON-ready objects: a head, then pieces of the entries.

        Raises ValueError if nothing was frozen.
        """
        if not self.frozen:
            raise ValueError("black box: nothing frozen")
        first = self._half if self._alone else 1 - self._half
        halves = [first] if self._alone else [first, self._half]
        yield self._head(self._starts[first])
        for half in halves:
            for at in range(0, self._used[half], _PIECE):
                end = min(at + _PIECE, self._used[half])
                yield [n for k in range(at, end) for n in self._entry(half, k)]

    def _entry(self, half, k):
        """Return (code, value) of an entry, () of what belongs to the entry before."""
        codes, values = self._codes[half], self._values[half]
        if codes[k] == _WIDE:
            return ()
        if k + 1 < self._used[half] and codes[k + 1] == _WIDE:
            return codes[k], (values[k + 1] << 16) + values[k]
        return codes[k], values[k]

    def _head(self, start):
        settings = self._core.settings
        codes = [path for path, _, _ in named(["inputs"], self._inputs)]
        parts = [name for name, _ in parts_of(self._core)]
        paths = codes + [path for path, _, _ in named(parts, self._memory)]
        return {
            "format": FORMAT,
            "rule": self.cause_rule,
            "faults": self.cause_faults,
            "codes": codes + [path for path, _, _ in self._decisions],
            "settings": {name: getattr(settings, name) for name in integers(settings)},
            "start": {path: start[k] for k, path in enumerate(paths)},
        }
