"""One question and its answer on a UART, a bounded piece a tick, nothing allocated."""

from micropython import const

_DRAIN = const(64)


class SerialQuestion:
    """answer: a bytearray of which the first `arrived` bytes are there.

    uart: machine.UART with timeout=0. enable: Pin of an RS-485 driver that listens at 0, or None.
    longest: bytes of the longest answer.
    """

    def __init__(self, uart, longest, timeout_ms=300, enable=None):
        self._uart = uart
        self._enable = enable
        self._timeout_ms = timeout_ms
        self._chunk = bytearray(max(_DRAIN, longest))
        self.answer = bytearray(longest)
        self.arrived = 0
        self.waited_ms = 0
        self._expected = 0

    def ask(self, question, expected: int):
        """Send question; whatever was on the line before is not the answer."""
        if self._uart.any():
            self._uart.readinto(self._chunk)
        if self._enable:
            self._enable(1)
        self._uart.write(question)
        self.arrived = 0
        self.waited_ms = 0
        self._expected = expected

    def poll(self, elapsed_ms: int) -> int:
        """Return 1 when the answer is complete, -1 when it is late, 0 while it may still come."""
        if self._enable and self._uart.txdone():
            self._enable(0)
        count = min(self._uart.any(), self._expected - self.arrived)
        if count > 0:
            count = self._uart.readinto(self._chunk, count) or 0
            for k in range(count):
                self.answer[self.arrived + k] = self._chunk[k]
            self.arrived += count
            if self.arrived == self._expected:
                return 1
        self.waited_ms += elapsed_ms
        return -1 if self.waited_ms > self._timeout_ms else 0
