"""What a car wants from the cable: until when, how much, and at which power factor."""

NOMINAL_V = 230
MINUTE_MS = 60_000


class Battery:
    """wh: energy received at 230 V. charged_ms: time spent taking, which moves the profile on."""

    def __init__(self, row):
        self._row = row
        self._profile = Profile(row["profile"]) if row["profile"] else None
        self._full_ms = None
        self.charged_ms = 0
        self.wh = 0.0

    def take(self, span_ms, real_a):
        """Count span_ms of real_a: amperes of all phases times the power factor."""
        self.wh += NOMINAL_V * real_a * span_ms / 3_600_000

    def is_finished(self, now_ms):
        """Return whether it is full and every top-up is done."""
        if self._full_ms is None and self._is_full():
            self._full_ms = now_ms
        if self._full_ms is None:
            return False
        return now_ms - self._full_ms >= self._row["topups"] * self._row["topup_every_ms"]

    def wanted_a(self, now_ms, live_ms):
        """Return the current per phase it wants; live_ms: since when there is voltage."""
        row = self._row
        if self._full_ms is not None:
            into_ms = (now_ms - self._full_ms) % row["topup_every_ms"]
            is_topping = into_ms >= row["topup_every_ms"] - row["topup_ms"]
            return row["topup_a"] if is_topping else row["standby_a"]
        if now_ms - live_ms < row["idle_ms"]:
            return row["idle_a"]
        if self._profile:
            return min(self._profile.amps(self.charged_ms), row["max_a"])
        return row["max_a"]

    def power_factor(self, amps):
        """Return it for this current per phase."""
        row = self._row
        if self._full_ms is not None and amps < 1:
            return row["standby_pf"]
        if self._profile:
            return self._profile.power_factor(self.charged_ms)
        return _between(row["pf_by_a"], amps) if row["pf_by_a"] else row["power_factor"]

    def progress(self) -> float:
        """Return how much of what it wanted it has had, 0..1."""
        if self._profile:
            return min(self.charged_ms / self._profile.length_ms, 1.0)
        return min(self.wh / self._row["needs_wh"], 1.0)

    def _is_full(self):
        if self._row["needs_wh"] is not None and self.wh >= self._row["needs_wh"]:
            return True
        return self._profile is not None and self.charged_ms >= self._profile.length_ms


class Profile:
    """Recorded minutes of current and power factor, in integers to stay small."""

    def __init__(self, name):
        folder = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
        self._ma = []
        self._pf_permille = []
        with open("%s/profiles/%s.csv" % (folder, name)) as file:
            for line in file:
                if line[0].isdigit():
                    _, amps, factor = line.split(",")
                    self._ma.append(round(float(amps) * 1_000))
                    self._pf_permille.append(round(float(factor) * 1_000))
        self.length_ms = len(self._ma) * MINUTE_MS

    def amps(self, charged_ms):
        return self._ma[min(charged_ms // MINUTE_MS, len(self._ma) - 1)] / 1_000

    def power_factor(self, charged_ms):
        return self._pf_permille[min(charged_ms // MINUTE_MS, len(self._ma) - 1)] / 1_000


def _between(rows, x):
    """Return y at x on the straight lines through rows of (x, y); level outside."""
    below_x, below_y = rows[0]
    for above_x, above_y in rows:
        if x <= above_x:
            if above_x == below_x:
                return above_y
            return below_y + (above_y - below_y) * (x - below_x) / (above_x - below_x)
        below_x, below_y = above_x, above_y
    return below_y
