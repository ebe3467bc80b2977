"""One row of the conformity report, and how its figure is measured."""

from played import play

CHARGE = "5000,ev.cp_ohm,2740\n5000,ev.current_a,16\n5000,ev.follow,1\n7000,ev.cp_ohm,882"
CHARGED_MS = 20_000


class Row:
    """key, what: name it. limit: (lowest, highest), None where open. play(phases) -> figures.

    source, confidence: where the limit is from, and H, M or L as the public sources agree.
    reason: why it cannot be played, "" if it can.
    """

    def __init__(self, key, what, limit, unit, source, confidence, play, reason=""):
        self.key, self.what, self.limit, self.unit = key, what, limit, unit
        self.source, self.confidence, self.play, self.reason = source, confidence, play, reason

    def worst(self, figures):
        """Return the figure nearest to, or furthest beyond, a limit."""
        return min(figures, key=self.margin)

    def margin(self, figure):
        """Return how much room is left to the nearer limit; negative beyond it."""
        lowest, highest = self.limit
        rooms = [] if lowest is None else [figure - lowest]
        rooms += [] if highest is None else [highest - figure]
        return min(rooms)


def cannot(key, what, source, confidence, reason):
    """Return a row that this box does not play, and says why."""
    return Row(key, what, (None, None), "", source, confidence, None, reason)


def delay(rows, signal, value, from_ms, since=None, since_value=None, until_ms=None):
    """Return the milliseconds from from_ms, or from the change of `since` after it, to value."""
    played = play(rows, until_ms)
    start_ms = from_ms
    if since:
        found = [
            t_ms
            for t_ms, text in played.values(since)
            if t_ms >= from_ms and since_value in (None, text)
        ]
        start_ms = found[0]
    return played.when(signal, value, start_ms) - start_ms


def delays(phases, before, cause, signal, value, at_ms):
    """The same from a cause that comes at so many phases of the 9 ms tick and the pilot."""
    figures = []
    for k in range(phases):
        moment_ms = at_ms + k * 9.7 % 9 + k % 7 * 0.143
        text = "0,cp.noise_v,0.05\n%s\n%.3f,%s" % (before, moment_ms, cause)
        played = play(text, seed=k + 1)
        figures.append(played.when(signal, value, moment_ms) - moment_ms)
    return figures


def closings(rows, until_ms):
    """Return how often the contactor was told to close."""
    return len([v for _, v in play(rows, until_ms).values("contactor.command") if v == "1"])
