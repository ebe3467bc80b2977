"""The session as one picture: pilot, offer and duty, current, power and energy over time."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

LETTERS = "FEDCBA"
INK, GRID, CLOSED = "#22303c", "#d7dee4", "#e6f4ea"
BLUE, GREEN, ORANGE, RED = "#1f6fb2", "#2e8b57", "#e07b1a", "#c0392b"
MARGIN_MIN = 0.5


def series(rows, name, convert=float):
    """Return (minutes, values) of one signal as steps up to the end of the log."""
    points = [(t_ms / 60_000, convert(value)) for t_ms, signal, value in rows if signal == name]
    if points:
        points.append((rows[-1][0] / 60_000, points[-1][1]))
    return [x for x, _ in points], [y for _, y in points]


def draw(rows: list, title: str, path: Path):
    """rows: [(t_ms, signal, value), ...]. Write a PNG of about 1600 x 1000 pixels."""
    plt.rcParams.update({"font.size": 10, "axes.edgecolor": GRID, "text.color": INK})
    figure, axes = plt.subplots(
        4, 1, figsize=(13, 8.2), sharex=True, height_ratios=(1.1, 1, 1, 1.3), dpi=125
    )
    _pilot(axes[0], rows)
    _offer(axes[1], rows)
    _current(axes[2], rows)
    _power(axes[3], rows)
    for axis in axes:
        _shade(axis, rows)
        axis.grid(color=GRID, linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_axisbelow(True)
    axes[-1].set_xlabel("minutes")
    axes[-1].set_xlim(0, rows[-1][0] / 60_000 + MARGIN_MIN)
    energy = series(rows, "energy.wh")[1]
    figure.suptitle(
        "%s: %.2f kWh" % (title, (energy[-1] if energy else 0) / 1_000),
        x=0.07,
        ha="left",
        fontsize=14,
        fontweight="bold",
    )
    figure.align_ylabels()
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _pilot(axis, rows):
    x, y = series(rows, "cp.state", LETTERS.index)
    axis.step(x, y, where="post", color=BLUE, linewidth=1.6)
    axis.set_yticks(range(len(LETTERS)), list(LETTERS))
    axis.set_ylim(-0.4, len(LETTERS) - 0.6)
    axis.set_ylabel("pilot state")
    for t_ms, signal, value in rows:
        if signal == "fault" and value:
            axis.axvline(t_ms / 60_000, color=RED, linewidth=1)
            axis.annotate(value, (t_ms / 60_000, 0), color=RED, fontsize=8)


def _offer(axis, rows):
    x, y = series(rows, "pilot.duty_permille", lambda value: float(value) / 10)
    axis.step(x, y, where="post", color=ORANGE, linewidth=1.6, label="duty, %")
    x, y = series(rows, "offer.a")
    axis.step(x, y, where="post", color=INK, linewidth=1.2, linestyle="--", label="offer, A")
    axis.set_ylim(-4, 106)
    axis.set_ylabel("duty and offer")
    axis.legend(loc="upper right", frameon=False, ncols=2)


def _current(axis, rows):
    x, y = series(rows, "current.a")
    axis.step(x, y, where="post", color=GREEN, linewidth=1.3)
    axis.set_ylim(bottom=0)
    axis.set_ylabel("current, A")


def _power(axis, rows):
    x, y = series(rows, "power.w", lambda value: float(value) / 1_000)
    axis.fill_between(x, y, step="post", color=BLUE, alpha=0.25)
    axis.step(x, y, where="post", color=BLUE, linewidth=1.2)
    axis.set_ylabel("power, kW")
    axis.set_ylim(bottom=0)
    twin = axis.twinx()
    x, y = series(rows, "energy.wh", lambda value: float(value) / 1_000)
    twin.step(x, y, where="post", color=RED, linewidth=1.6)
    twin.set_ylabel("energy, kWh", color=RED)
    twin.set_ylim(bottom=0)
    twin.spines[["top"]].set_visible(False)


def _shade(axis, rows):
    x, y = series(rows, "contactor.closed", int)
    for k in range(len(x) - 1):
        if y[k]:
            axis.axvspan(x[k], x[k + 1], color=CLOSED, zorder=0)
