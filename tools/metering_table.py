"""Meter every recording and write docs/metering.md: metering_table.py. Wants ../shared/data."""

import csv
import sys
from pathlib import Path

from box import meter

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
CARS = DATA / "ev-waveforms"
TARGET = ROOT / "docs/metering.md"
EMPTY = "Hyundai Ioniq Electric/Waveforms/Waveform_4.csv"  # 0 V: taken after the disconnection
SECONDS = 60
WINDOW_S = 2.7  # metered of each minute of a session
NOMINAL_V = {"ev": 208, "made": 230}
SHAPES = {  # of a car in plant.ev_harmonics
    "BMW iX xDrive50": "bmw_ix",
    "Ford Mustang": "mach_e",
    "Hyundai Ioniq 5": "ioniq5",
    "Hyundai Ioniq Electric": "ioniq_electric",
    "Kia Nero": "kia_niro",
    "Tesla Model 3": "model3",
    "Toyota Prius Prime 2021": "prius",
}
MARK = "<!-- below: written by make metering -->"
STANDBY_W = 100  # below it a percentage says nothing


def recordings():
    """Return [(name, nominal volts, Wave, phase)], every phase a row."""
    rows = []
    for path in sorted(CARS.glob("*/Waveforms/*.csv")):
        if not str(path).endswith(EMPTY):
            name = "%s %s" % (path.parts[-3], path.stem.rpartition("_")[2])
            rows.append((name, NOMINAL_V["ev"], meter.read(path)))
    for path in sorted((DATA / "metering").glob("*.npz")):
        rows.append((path.stem, NOMINAL_V["made"], steady(path)))
    return rows


def steady(path):
    """Return the seconds in which a made waveform carries its full current."""
    import numpy  # comes with matplotlib

    made = numpy.load(path)
    rate_hz = int(made["fs"])
    part = slice(int(1.8 * rate_hz), int(2.8 * rate_hz))
    columns = []
    for k in range(made["u_mV"].shape[1]):
        columns += [(made["u_mV"][part, k] / 1_000).tolist()]
        columns += [(made["i_mA"][part, k] / 1_000).tolist()]
    return meter.Wave([k * 1_000 / rate_hz for k in range(len(columns[0]))], columns)


def truth(wave, phase):
    """Return (volts, amperes, watts) of the samples themselves, without their means."""
    u, i = wave.columns[2 * phase], wave.columns[2 * phase + 1]
    count = len(u)
    mean_u, mean_i = sum(u) / count, sum(i) / count
    volts = (sum(v * v for v in u) / count - mean_u**2) ** 0.5
    amps = (sum(a * a for a in i) / count - mean_i**2) ** 0.5
    return volts, amps, sum(v * a for v, a in zip(u, i)) / count - mean_u * mean_i


def compared(name, nominal_v, wave):
    """Return one row a phase: name, true A, true W, ours in % and W, the two others' W."""
    found = meter.measure(wave, SECONDS)
    rows = []
    for phase in range(wave.phases):
        volts, amps, watts = truth(wave, phase)
        title = name if wave.phases == 1 else "%s L%d" % (name, phase + 1)
        ours = (found["i_rms"][phase] / amps * 100 - 100, found["p_w"][phase] - watts)
        rows.append((title, amps, watts, *ours, amps * nominal_v - watts, amps * volts - watts))
    return rows


def session(car):
    """Return (true kWh, ours, current x 208 V, apparent) of a car's profile by the minute."""
    rows = []
    with open(CARS / car / "Charging_Profile.csv", newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            rows.append([float(row[name] or 0) for name in PROFILE])
    rows = [[v, i, max(kw * 1_000, 0.0), hz] for v, i, kw, hz in rows if v > 50 and hz]
    joules = meter.run_session(rows, SHAPES[car])
    true = sum(row[2] for row in rows) / 60_000
    ours = sum(joules) / WINDOW_S / 60_000
    fixed = sum(row[1] for row in rows) * NOMINAL_V["ev"] / 60_000
    apparent = sum(row[0] * row[1] for row in rows) / 60_000
    return true, ours, fixed, apparent


PROFILE = (
    "Voltage RMS Avg (V)",
    "Current RMS Avg (A)",
    "Real Power Avg (kW)",
    "Frequency Avg (Hz)",
)


def watts(error, true):
    if abs(true) < STANDBY_W:
        return "%+.1f W" % error
    return "%+.2f %%" % (100 * error / true)


def text():
    lines = [
        "| recording | A | W | ours: current | ours: power | current x fixed V | apparent |",
        "|---|---|---|---|---|---|---|",
    ]
    for recorded in recordings():
        for title, amps, true, ours_a, *errors in compared(*recorded):
            shown = [watts(error, true) for error in errors]
            lines.append(
                "| %s | %.2f | %.1f | %+.2f %% | %s |"
                % (title, amps, true, ours_a, " | ".join(shown))
            )
            print(lines[-1], flush=True)
    lines += ["", "| session | kWh | ours | current x 208 V | apparent |", "|---|---|---|---|---|"]
    for car in SHAPES:
        true, *others = session(car)
        shown = ["%+.2f %%" % (100 * other / true - 100) for other in others]
        lines.append("| %s | %.3f | %s |" % (car, true, " | ".join(shown)))
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def main():
    if not CARS.is_dir():
        sys.exit("metering: %s: not there, and it may not be redistributed" % CARS)
    head = TARGET.read_text(encoding="utf-8").partition(MARK)[0]
    TARGET.write_text(head + MARK + "\n\n" + text(), encoding="utf-8")


if __name__ == "__main__":
    main()
