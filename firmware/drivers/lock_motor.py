"""The plug lock of a socket box with a motor: a pulse one way shuts it, the other way opens it.

It stays where it is when the supply goes. Cost: 20 us (estimated).
"""


class LockMotor:
    """shut_pin, open_pin: outputs, never both 1. pulse_ms: how long the motor needs.

    switch_pin: input, at shut_level when shut; None without one, then a finished pulse counts.
    """

    def __init__(self, shut_pin, open_pin, pulse_ms, switch_pin=None, shut_level=1):
        self._shut = shut_pin
        self._open = open_pin
        self._pulse_ms = pulse_ms
        self._switch = switch_pin
        self._shut_level = shut_level
        self._asked = -1  # wherever it was left: the first tick says where it belongs
        self._left_ms = 0
        shut_pin(0)
        open_pin(0)

    def lock(self, on: int, elapsed_ms: int):
        if on != self._asked:
            self._asked = on
            self._left_ms = self._pulse_ms
        else:
            self._left_ms = max(self._left_ms - elapsed_ms, 0)
        moving = 1 if self._left_ms else 0
        if on:
            self._open(0)
            self._shut(moving)
        else:
            self._shut(0)
            self._open(moving)

    def is_shut(self) -> int:
        if self._switch is None:
            return 1 if self._asked == 1 and not self._left_ms else 0
        return 1 if self._switch() == self._shut_level else 0
