"""The mains frequency from how the voltage of one tick resembles its neighbours'.

u(n-1) + u(n+1) = 2 cos(w T) u(n); and the slope tells the two frequencies apart that share a
cosine: 60 Hz and its mirror 51.1 Hz. Ticks of 9 ms; a late one starts the sums anew.
"""

from micropython import const

from drivers.mains_arithmetic import frequency_of

_LEAST = const(100_000)  # of the sum of squares: below it there is no voltage


class Neighbours:
    """spin: of the last window, what the slope said; spin_square: what it belongs to."""

    def __init__(self):
        self._before = 0  # one and two ticks ago, and the slope
        self._before_that = 0
        self._slope = 0
        self._fresh = 0
        self._alike = 0
        self._square = 0
        self._turned = 0
        self.spin = 0
        self.spin_square = 0

    def break_off(self):
        self._fresh = 0

    def compare(self, u, slope):
        """Add a tick's voltage and slope. u: units / 4, to stay small."""
        before = self._before
        if self._fresh >= 2:
            self._alike += before * (u + self._before_that)
            self._square += 2 * before * before
            self._turned += before * slope - u * self._slope
        else:
            self._fresh += 1
        self._before_that = before
        self._before = u
        self._slope = slope

    def conclude(self) -> int:
        """Return the frequency in 1/100 Hz, 0 without a voltage, and start a new window."""
        square = self._square
        near = min(max(square + self._alike, 0), 2 * square)
        chz = frequency_of(near, square, self._turned > 0) if square > _LEAST else 0
        self.spin, self.spin_square = self._turned, square
        self._alike = 0
        self._square = 0
        self._turned = 0
        return chz
