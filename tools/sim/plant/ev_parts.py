"""What a car is made of: its reading of the duty, its resistor, the slope of its current."""

FAR_MS = 3_600_000  # nothing to do for so long


def offer_a(duty_bp: int) -> float:
    """Return what a duty in 1/100 % allows, IEC 61851-1 table A.8; 0 for steady levels."""
    if duty_bp < 800 or duty_bp > 9_700:
        return 0.0  # 3..7 % asks for digital communication, which no car here speaks
    if duty_bp < 1_000:
        return 6.0
    if duty_bp <= 8_500:
        return duty_bp * 6 / 1_000
    return min((duty_bp - 6_400) / 40, 80.0)


class Resistor:
    """base: ohm between CP and PE, None for an open contact; overlays hide it for a time."""

    def __init__(self, base):
        self.base = base
        self._overlays = []

    def overlay(self, from_ms, until_ms, ohm, period_ms=0):
        """Show ohm from from_ms until until_ms; with period_ms, every other period only."""
        self._overlays.append((from_ms, until_ms, ohm, period_ms))

    def ohm(self, now_ms):
        self._overlays = [row for row in self._overlays if row[1] > now_ms]
        for from_ms, _, ohm, period_ms in self._overlays:
            if from_ms <= now_ms and not (period_ms and (now_ms - from_ms) // period_ms % 2):
                return ohm
        return self.base

    def next_ms(self, now_ms):
        """Return when the answer may next change."""
        due_ms = now_ms + FAR_MS
        for from_ms, until_ms, _, period_ms in self._overlays:
            edge_ms = until_ms
            if now_ms < from_ms:
                edge_ms = from_ms
            elif period_ms:
                edge_ms = min(until_ms, now_ms + period_ms - (now_ms - from_ms) % period_ms)
            if now_ms < edge_ms < due_ms:
                due_ms = edge_ms
        return due_ms


class Slope:
    """A current on its way to where it was aimed."""

    def __init__(self):
        self.reset()

    def reset(self):
        self._from_a = 0.0
        self._to_a = 0.0
        self._from_ms = 0
        self._span_ms = 0

    def aim(self, now_ms, amps, up_a_s, down_ms):
        """Head for amps: up at up_a_s amperes a second, down within down_ms; once per aim."""
        if amps == self._to_a:
            return
        here_a = self.at(now_ms)
        self._span_ms = (amps - here_a) * 1_000 / up_a_s if amps > here_a else down_ms
        self._from_a = here_a
        self._from_ms = now_ms
        self._to_a = amps

    def at(self, now_ms):
        passed_ms = now_ms - self._from_ms
        if passed_ms >= self._span_ms:
            return self._to_a
        return self._from_a + (self._to_a - self._from_a) * passed_ms / self._span_ms

    def is_moving(self, now_ms):
        return now_ms - self._from_ms < self._span_ms


class Patience:
    """What a car bears before it is in error, which only unplugging ends.

    row: cuts_borne, stops_borne, rest_ms of ev_models. is_over: 1 once it was too much.
    """

    def __init__(self, row):
        self._cuts_left = row["cuts_borne"]
        self._stops_left = row["stops_borne"]
        self._rest_ms = row["rest_ms"]
        self._stopped_ms = None
        self.is_over = 0

    def cut(self):
        """The supply went while current flowed."""
        self._cuts_left = self._lose(self._cuts_left)

    def stopped(self, now_ms):
        """The offer went while it charged."""
        self._stopped_ms = now_ms
        self._stops_left = self._lose(self._stops_left)

    def offered(self, now_ms):
        """An offer is there again."""
        if self._stopped_ms is not None and now_ms - self._stopped_ms < self._rest_ms:
            self.is_over = 1

    def _lose(self, left):
        if left is not None and left <= 1:
            self.is_over = 1
        return None if left is None else left - 1
