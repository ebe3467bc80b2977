"""The contactor: a request and what its mirror contact says.

The pin is requested, not owned: a later guard on the second processor may open on its own. Cost:
two pin accesses, 20 us (estimated).
"""


class Contactor:
    """request_pin: output, 1 closes. feedback_pin: input, or None without a mirror contact."""

    def __init__(self, request_pin, feedback_pin=None, closed_level=1):
        self._request = request_pin
        self._feedback = feedback_pin
        self._closed_level = closed_level
        self._requested = 0
        request_pin(0)

    def request(self, close: int):
        """Ask for closed (1) or open (0). Repeating a request costs nothing but the pin write."""
        self._requested = close
        self._request(close)

    def is_closed(self) -> int:
        """Return 1 if the mirror contact (without one: the request) says closed."""
        if self._feedback is None:
            return self._requested
        return 1 if self._feedback() == self._closed_level else 0
