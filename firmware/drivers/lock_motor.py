"""The plug lock of a socket box with a motor: a pulse one way shuts it, the other way opens it.

A bolt can miss its pulse: the plug is not all the way in, or the cable pulls on it. While the
switch disagrees the pulse comes again, five times after 1 s each, then
every 30 s, so that the motor does not burn. It stays where it is when the supply goes. Cost:
20 us (estimated).
"""

TRIES = 5
PAUSE_MS = 1_000
REST_MS = 30_000


class LockMotor:
    """shut_pin, open_pin: outputs, never both 1. pulse_ms: how long the motor needs.

    switch_pin: input, at shut_level when shut; None without one, then a finished pulse counts.
    stuck: 1 once all tries were in vain.
    """

    def __init__(self, shut_pin, open_pin, pulse_ms, switch_pin=None, shut_level=1):
        self._shut = shut_pin
        self._open = open_pin
        self._pulse_ms = pulse_ms
        self._switch = switch_pin
        self._shut_level = shut_level
        self._asked = -1  # wherever it was left: the first tick says where it belongs
        self._left_ms = 0
        self._came = 0  # 1 once the pulse that was asked for has ended; another one moves nothing
        self._waits_ms = 0  # until the switch is asked whether it moved
        self._tries = 0
        self.stuck = 0
        shut_pin(0)
        open_pin(0)

    def lock(self, on: int, elapsed_ms: int):
        if on != self._asked:
            self._asked = on
            self._came = 0
            self.again()
        elif self._left_ms:
            self._left_ms = max(self._left_ms - elapsed_ms, 0)
            self._came |= 0 if self._left_ms else 1
        else:
            self._verify(elapsed_ms)
        moving = 1 if self._left_ms else 0
        if on:
            self._open(0)
            self._shut(moving)
        else:
            self._shut(0)
            self._open(moving)

    def again(self):
        """Somebody asks anew: pulse from the first try on."""
        self._tries = 0
        self.stuck = 0
        self._pulse()

    def _pulse(self):
        self._left_ms = self._pulse_ms
        self._waits_ms = PAUSE_MS if self._tries < TRIES else REST_MS

    def _verify(self, elapsed_ms):
        if self._switch is None or self.is_shut() == self._asked:
            self._tries = 0
            self.stuck = 0
            self._waits_ms = PAUSE_MS
            return
        self._waits_ms -= elapsed_ms
        if self._waits_ms <= 0:
            self._tries = min(self._tries + 1, TRIES)
            self.stuck = 1 if self._tries == TRIES else 0
            self._pulse()

    def is_shut(self) -> int:
        if self._switch is None:
            return self._came if self._asked == 1 else 0
        return 1 if self._switch() == self._shut_level else 0
