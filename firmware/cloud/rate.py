"""How often something may happen: so many at once, and one more every so often."""

import time


class Rate:
    """most: at once. each_ms: until one more is allowed."""

    def __init__(self, most: int, each_ms: int):
        self._most = most
        self._each_ms = each_ms
        self._left = most
        self._since_ms = None

    def take(self, now_ms) -> bool:
        """Return whether it may happen now, and count it. now_ms: ticks_ms()."""
        self._refill(now_ms)
        if not self._left:
            return False
        self._left -= 1
        return True

    def _refill(self, now_ms):
        if self._since_ms is None or self._left == self._most:
            self._since_ms = now_ms
            return
        more = time.ticks_diff(now_ms, self._since_ms) // self._each_ms
        if more > 0:
            self._left = min(self._left + more, self._most)
            self._since_ms = time.ticks_add(self._since_ms, more * self._each_ms)
