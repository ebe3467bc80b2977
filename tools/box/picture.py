"""The session as one picture: pilot, offer and duty, current, power and energy over time."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

LETTERS = "FEDCBA"
INK, GRID, CLOSED = "#22303c", "#d7dee4", "#e6f4ea"
BLUE, GREEN, ORANGE, RED = "#1f6fb2", "#2e8b57", "#e07b1a", "#c0392b"
HANDSHAKE_MS = 22_000


def series(rows, name, convert=float):
    """Return (moments in ms, values) of one signal as steps up to the end of the log."""
    points = [(t_ms, convert(value)) for t_ms, signal, value in rows if signal == name]
    if points:
        points.append((rows[-1][0], points[-1][1]))
    return [x for x, _ in points], [y for _, y in points]


def draw(rows: list, title: str, path: Path):
    """rows: [(t_ms, signal, value), ...]. Write a PNG of about 1600 x 1000 pixels.

    Left the handshake in seconds, right the whole session in minutes.
    """
    plt.rcParams.update({"font.size": 10, "axes.edgecolor": GRID, "text.color": INK})
    figure, axes = plt.subplots(
        4,
        2,
        figsize=(13, 8.2),
        sharex="col",
        sharey="row",
        width_ratios=(1, 2.6),
        height_ratios=(1.1, 1, 1, 1.3),
        dpi=125,
    )
    end_ms = rows[-1][0]
    plugged_ms = next((t for t, name, value in rows if (name, value) == ("cp.state", "B")), 0)
    views = ((plugged_ms - 1_000, plugged_ms + HANDSHAKE_MS, 1_000), (0, end_ms, 60_000))
    for column, (from_ms, to_ms, unit_ms) in enumerate(views):
        for line, paint in enumerate((_pilot, _offer, _current, _power)):
            axis = axes[line][column]
            paint(axis, rows, unit_ms, column)
            _shade(axis, rows, unit_ms)
            axis.grid(color=GRID, linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
            axis.set_axisbelow(True)
        axes[-1][column].set_xlabel("seconds" if unit_ms == 1_000 else "minutes")
        axes[-1][column].set_xlim(from_ms / unit_ms, to_ms / unit_ms * 1.005)
    axes[0][0].set_title("plugging in", loc="left", fontsize=11)
    axes[0][1].set_title("the session (green: contactor closed)", loc="left", fontsize=11)
    energy = series(rows, "energy.wh")[1]
    heading = "%s: %.2f kWh" % (title, (energy[-1] if energy else 0) / 1_000)
    figure.suptitle(heading, x=0.06, ha="left", fontsize=14, fontweight="bold")
    figure.align_ylabels()
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _steps(axis, rows, unit_ms, name, convert=float, **style):
    x, y = series(rows, name, convert)
    axis.step([t_ms / unit_ms for t_ms in x], y, where="post", **style)


def _kilo(value):
    return float(value) / 1_000


def _pilot(axis, rows, unit_ms, column):
    _steps(axis, rows, unit_ms, "cp.state", LETTERS.index, color=BLUE, linewidth=1.6)
    axis.set_yticks(range(len(LETTERS)), list(LETTERS))
    axis.set_ylim(-0.4, len(LETTERS) - 0.6)
    if not column:
        axis.set_ylabel("pilot state")
    for t_ms, signal, value in rows:
        if signal == "fault" and value and column:
            axis.axvline(t_ms / unit_ms, color=RED, linewidth=1)
            axis.annotate(value, (t_ms / unit_ms, 0), color=RED, fontsize=8)


def _offer(axis, rows, unit_ms, column):
    _steps(
        axis,
        rows,
        unit_ms,
        "pilot.duty_permille",
        lambda value: float(value) / 10,
        color=ORANGE,
        linewidth=1.6,
        label="duty, %",
    )
    style = {"color": INK, "linewidth": 1.2, "linestyle": "--", "label": "offer, A"}
    _steps(axis, rows, unit_ms, "offer.a", **style)
    axis.set_ylim(-4, 106)
    if column:
        axis.legend(loc="upper right", frameon=False, ncols=2, bbox_to_anchor=(0.98, 1))
    else:
        axis.set_ylabel("duty and offer")


def _current(axis, rows, unit_ms, column):
    _steps(axis, rows, unit_ms, "current.a", color=GREEN, linewidth=1.3)
    axis.set_ylim(bottom=0)
    if not column:
        axis.set_ylabel("current, A")


def _power(axis, rows, unit_ms, column):
    x, y = series(rows, "power.w", _kilo)
    axis.fill_between([t / unit_ms for t in x], y, step="post", color=BLUE, alpha=0.25)
    _steps(axis, rows, unit_ms, "power.w", _kilo, color=BLUE, linewidth=1.2)
    axis.set_ylim(bottom=0)
    if not column:
        axis.set_ylabel("power, kW")
        return
    twin = axis.twinx()
    _steps(twin, rows, unit_ms, "energy.wh", _kilo, color=RED, linewidth=1.6)
    twin.set_ylabel("energy, kWh", color=RED)
    twin.set_ylim(bottom=0)
    twin.spines[["top"]].set_visible(False)


def _shade(axis, rows, unit_ms):
    x, y = series(rows, "contactor.closed", int)
    for k in range(len(x) - 1):
        if y[k]:
            axis.axvspan(x[k] / unit_ms, x[k + 1] / unit_ms, color=CLOSED, zorder=0)
