"""The running session on a terminal: one panel that moves, or plain lines where it cannot."""

import contextlib
import sys

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

LINE_EVERY = 0.1  # of the session, without a terminal
BAR_A = 32
COLOURS = {"A": "white", "B": "yellow", "C": "green", "D": "cyan", "E": "red", "F": "red"}


@contextlib.contextmanager
def screen(title: str, events):
    """Give a function that shows one status. events: the last ones received, dicts."""
    if sys.stdout.isatty():
        with Live(refresh_per_second=8) as live:
            yield lambda status: live.update(panel(title, status, events))
    else:
        yield Lines(title)


class Lines:
    """For logs and pipes: a line whenever the phase or a tenth of the session changes."""

    def __init__(self, title):
        self._last = None
        print(title)

    def __call__(self, status):
        key = (status["phase"], int(status["progress"] / LINE_EVERY))
        if key == self._last:
            return
        self._last = key
        print(
            "%s  %3.0f %%  %-10s %-2s  offer %4.1f A (%s)  %6.0f W  %8.1f Wh %s"
            % (
                clock(status["t_ms"]),
                100 * status["progress"],
                status["phase"],
                status["iec"],
                status["offer_a"],
                status["offer_reason"],
                status["power_w"],
                status["energy_wh"],
                status["fault"],
            ),
            flush=True,
        )


def clock(t_ms: float) -> str:
    seconds = int(t_ms // 1_000)
    return "%02d:%02d:%02d" % (seconds // 3_600, seconds // 60 % 60, seconds % 60)


def sentence(event: dict) -> str:
    """Return an event as one line: when, what, then its fields as they are."""
    rest = [
        "%s %s" % (name, value)
        for name, value in sorted(event.items())
        if name not in ("at_ms", "event", "seq")
    ]
    return "%s  %-9s %s" % (clock(event["at_ms"]), event.get("event"), ", ".join(rest))


def panel(title: str, status: dict, events=()):
    """Return the status as one rich panel."""
    colour = COLOURS[status["cp"]]
    head = Text.assemble(
        (" %s " % status["iec"], "bold black on %s" % colour),
        "  %s" % status["phase"],
        ("  %s" % status["fault"], "bold red"),
    )
    facts = Table.grid(padding=(0, 2))
    facts.add_row("time", clock(status["t_ms"]))
    facts.add_row(
        "offer",
        "%.1f A (%s), duty %.1f %%"
        % (status["offer_a"], status["offer_reason"], status["duty_permille"] / 10),
    )
    facts.add_row("contactor", "closed" if status["closed"] else "open")
    facts.add_row("power", "%.2f kW" % (status["power_w"] / 1_000))
    facts.add_row("energy", "%.3f kWh" % (status["energy_wh"] / 1_000))
    for phase, amps in enumerate(status["current_a"], 1):
        bar = ProgressBar(total=BAR_A, completed=min(amps, BAR_A), width=32)
        row = Table.grid(padding=(0, 1))
        row.add_row(bar, "%5.2f A" % amps)
        facts.add_row("L%d" % phase, row)
    progress = ProgressBar(total=1, completed=status["progress"], width=48)
    told = [Text(sentence(event), "dim", no_wrap=True, overflow="ellipsis") for event in [*events]]
    return Panel(
        Group(head, "", facts, "", progress, "", *told), title=title, width=70, border_style=colour
    )
