"""The plug lock of a socket box: held shut by a level, reported by a switch.

Cost: 20 us (estimated).
"""


class ConnectorLock:
    """lock_pin: output, 1 shuts. switch_pin: input, 1 when shut; None without a switch.

    stuck: 0, as a level that holds needs no second try.
    """

    stuck = 0

    def __init__(self, lock_pin, switch_pin=None):
        self._lock = lock_pin
        self._switch = switch_pin
        self._asked = 0
        lock_pin(0)

    def lock(self, on: int, elapsed_ms: int):
        self._asked = on
        self._lock(on)

    def again(self):
        """As drivers.lock_motor.LockMotor.again: nothing to repeat."""

    def is_shut(self) -> int:
        return self._asked if self._switch is None else self._switch()
