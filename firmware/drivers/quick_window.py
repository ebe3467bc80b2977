"""Mean and mean square of a channel's last 20 reads, from sums that others add up.

A zero that steps within a window looks like a current there. It gives itself away: the mean of the
window jumps by more than a sixth of the RMS, where a load that comes or goes moves it by a
twentieth at most. Such a window does not count; the next one does, whatever it shows.
"""

from micropython import const

QUICK = 20
_STEP = const(4)  # a mean that moves less moves nothing
_STEP_SHIFT = const(5)  # 1/32, the square of a sixth


class QuickWindow:
    """mean: of the last window, in the units of the reads."""

    def __init__(self):
        self.clear()

    def clear(self):
        self.mean = 0
        self._sum = 0
        self._squares = 0
        self._held = 0

    def conclude(self, total: int, squares: int) -> int:
        """Return the mean square round the mean since the last call, or -1 if the mean jumped."""
        added = total - self._sum
        mean = added // QUICK
        rest = added - mean * QUICK
        of_mean = mean * (added + rest) + rest * rest // QUICK  # added * added / QUICK
        square = (squares - self._squares - of_mean) // QUICK
        moved = mean - self.mean
        self.mean, self._sum, self._squares = mean, total, squares
        jumped = not -_STEP <= moved <= _STEP and moved * moved > square >> _STEP_SHIFT
        self._held = 1 if jumped and not self._held else 0
        return -1 if self._held else square

    def rebase(self, total: int, squares: int, moved: int):
        """The sums lose so much, and zero has moved by so much."""
        self._sum -= total
        self._squares -= squares
        self.mean -= moved
