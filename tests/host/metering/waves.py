"""Waveforms with a truth that is computed beside them."""

import math


class Made:
    """amps: [(order, rms, lag in degrees)] on each phase, against volts of sine."""

    def __init__(
        self, rate_hz, seconds, hertz=50.0, volts=230.0, amps=((1, 16.0, 0.0),), phases=1
    ):
        self.times_ms = [k * 1_000 / rate_hz for k in range(round(rate_hz * seconds))]
        self.columns = []
        for phase in range(phases):
            turn = 2 * math.pi * phase / 3
            angles = [2 * math.pi * hertz * t / 1_000 - turn for t in self.times_ms]
            self.columns.append([volts * math.sqrt(2) * math.sin(a) for a in angles])
            self.columns.append([_current(amps, a) for a in angles])

    def text(self, header="t_ms,v1,i1", digits=4):
        rows = zip(self.times_ms, *self.columns)
        lines = [",".join("%.*f" % (digits, value) for value in row) for row in rows]
        return "\n".join(([header] if header else []) + lines) + "\n"

    def rms(self, column):
        values = self.columns[column]
        mean = sum(values) / len(values)
        return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))

    def watts(self, phase=0):
        u, i = self.columns[2 * phase], self.columns[2 * phase + 1]
        means = sum(u) / len(u) * sum(i) / len(i)
        return sum(a * b for a, b in zip(u, i)) / len(u) - means


def _current(amps, angle):
    return sum(
        rms * math.sqrt(2) * math.sin(order * (angle - math.radians(lag)))
        for order, rms, lag in amps
    )
