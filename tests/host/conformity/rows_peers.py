"""The scenarios with which other wallbox firmwares are tested, by their number in our notes."""

from played import play

from conformity.row import CHARGE, Row, cannot, closings, delay

DRAWING = "\n12000,limit.house,16\n20000,ev.follow,0\n20000,ev.current_a,%s"


def level_errors(phases):
    """Return 1 for each resistor whose level is not judged as its letter."""
    figures = []
    for ohm, letter in (("open", "A"), ("2740", "B"), ("882", "C"), ("246", "D")):
        played = play("5000,ev.cp_ohm,%s" % ohm)
        figures.append(0 if played.at("cp.state", 7_500) == letter else 1)
    return figures


def openings(rows, from_ms, until_ms=None):
    played = play(rows, until_ms)
    assert played.at("contactor.closed", from_ms) == "1", "nothing to open"
    commands = played.values("contactor.command")
    return len([t for t, value in commands if value == "0" and t >= from_ms])


def glitch(rows):
    return lambda phases: [openings(CHARGE + rows, 8_000)]


def first_opening(rows, from_ms, until_ms=None):
    return lambda phases: [
        delay(CHARGE + rows, "contactor.command", "0", from_ms, None, None, until_ms)
    ]


def closings_of(rows, until_ms=60_000):
    return lambda phases: [closings(rows, until_ms)]


def fault_at(rows, code, from_ms, until_ms=None):
    return lambda phases: [delay(CHARGE + rows, "fault", code, from_ms, None, None, until_ms)]


def unavailable(phases):
    played = play("5000,box.fault,hang\n18000,box.fault,none", 40_000)
    return [int(played.at("pilot.duty_permille", 39_000))]


def restart_after_error(phases):
    rows = CHARGE + "\n20000,ev.cp_ohm,0\n20500,ev.cp_ohm,882"
    return [delay(rows, "contactor.command", "1", 20_500, None, None, 80_000)]


def noisy_edge(phases):
    rows = "\n".join(
        "%d,cp.high_v,%.2f" % (20_000 + k * 60, 7.5 + (k % 5 - 2) / 10) for k in range(160)
    )
    return [delay(CHARGE + "\n" + rows, "contactor.command", "0", 20_000)]


def cable_cap(phases):
    played = play("0,pp.ohm,680\n" + CHARGE, config={"installer_limit_a": 25})
    return [float(played.at("offer.a", 9_000))]


def endurance(phases):
    rows = ["5000,ev.cp_ohm,2740"]
    for k in range(40):
        rows += [
            "%d,ev.cp_ohm,882" % (8_000 + k * 10_000),
            "%d,ev.cp_ohm,2740" % (17_000 + k * 10_000),
        ]
    played = play("\n".join(rows))
    return [len([v for _, v in played.values("contactor.closed") if v == "1"])]


ROWS = (
    Row(
        "peer 1",
        "levels of 2.7 k, 880, 240 ohm misjudged",
        (0, 0),
        "",
        "Tinkerforge full_test",
        "H",
        level_errors,
    ),
    cannot(
        "peer 2",
        "mean CP by current",
        "Tinkerforge full_test",
        "H",
        "a figure of the board's output; duty above",
    ),
    cannot("peer 3", "PP 13/20/32/63 A", "Tinkerforge full_test", "H", "see PP rows"),
    cannot("peer 4", "normal stop", "Tinkerforge full_test", "H", "see 8.1"),
    Row(
        "peer 5",
        "B for 8 ms in C: openings",
        (0, 0),
        "",
        "Tinkerforge (50 ms there; ours opens in 30)",
        "M",
        glitch("\n20000,ev.cp_ohm,2740\n20008,ev.cp_ohm,882"),
    ),
    Row(
        "peer 6a",
        "B for 40 ms, 490 ms after a duty change, while drawing: openings",
        (0, 0),
        "",
        "Tinkerforge",
        "M",
        glitch("\n20000,limit.house,10\n%d,ev.cp_ohm,2740\n%d,ev.cp_ohm,882" % (20_495, 20_535)),
    ),
    Row(
        "peer 6b",
        "unplugged 100 ms after a duty change",
        (None, 100),
        "ms",
        "derived",
        "M",
        first_opening("\n20000,limit.house,10\n20200,ev.cp_ohm,open", 20_200),
    ),
    Row(
        "peer 7",
        "C for 250 ms, then C: closings",
        (1, 1),
        "",
        "Tinkerforge, BMW iX3",
        "M",
        closings_of(
            "5000,ev.cp_ohm,2740\n9000,ev.cp_ohm,882\n9250,ev.cp_ohm,2740\n12000,ev.cp_ohm,882"
        ),
    ),
    Row(
        "peer 8",
        "C for 490 ms: closings",
        (0, 0),
        "",
        "SmartEVSE tests",
        "M",
        closings_of("5000,ev.cp_ohm,2740\n9000,ev.cp_ohm,882\n9490,ev.cp_ohm,2740"),
    ),
    Row(
        "peer 8b",
        "C for 800 ms: closings",
        (1, 1),
        "",
        "SmartEVSE tests",
        "M",
        closings_of("5000,ev.cp_ohm,2740\n9000,ev.cp_ohm,882\n9800,ev.cp_ohm,2740"),
    ),
    cannot("peer 9", "C without diode", "SmartEVSE", "H", "see V diode"),
    cannot("peer 10", "diode lost in C", "Tinkerforge", "M", "see 12 diode"),
    cannot("peer 11", "CP shorted in C", "SmartEVSE", "M", "see 12 E"),
    Row(
        "peer 12",
        "level round the C/B edge: opened",
        (None, 3_500),
        "ms",
        "ours, bound of seq. 12",
        "M",
        noisy_edge,
    ),
    cannot("peer 13", "3 V in C without ventilation", "SmartEVSE, OpenEVSE", "M", "see D"),
    cannot("peer 14", "stop, car obeys", "Tinkerforge", "H", "see 8.2"),
    cannot("peer 15", "stop, car ignores", "EVerest", "H", "see 10.2"),
    cannot(
        "peer 16", "wake-up ladder", "Tinkerforge", "M", "one signal, see wake; no pilot relay"
    ),
    cannot("peer 17", "EV READY wake-up", "EVerest", "M", "see x1 after F"),
    Row(
        "peer 18",
        "error gone, car in C: closed after",
        (30_000, 60_000),
        "ms",
        "Tinkerforge",
        "M",
        restart_after_error,
    ),
    Row(
        "peer 19",
        "boot with the car in C: closings",
        (1, 1),
        "",
        "esp32-evse 71",
        "H",
        closings_of("0,ev.cp_ohm,882", 20_000),
    ),
    Row("peer 20", "unavailable: pilot permille", (0, 0), "", "esp32-evse", "M", unavailable),
    Row(
        "peer 21",
        "1 V in A, gone: fault clears",
        (30_000, 61_000),
        "ms",
        "esp32-evse",
        "M",
        lambda phases: [
            delay("5000,cp.high_v,1\n8000,cp.high_v,auto", "fault", "", 8_000, None, None, 60_000)
        ],
    ),
    cannot("peer 22", "under-power stop", "esp32-evse", "M", "not a feature: the car decides"),
    cannot("peer 23", "authorisation window", "esp32-evse", "M", "with the cloud's commands"),
    cannot("peer 24", "fresh authorisation", "SmartEVSE", "M", "with the cloud's commands"),
    Row(
        "peer 25", "20 A cable, 25 A configured: offer", (20, 20), "A", "SmartEVSE", "M", cable_cap
    ),
    cannot(
        "peer 26", "duty table", "pazzk", "H", "see duty; 51 to 80 A in the tests of state/duty"
    ),
    cannot("peer 27", "car's reading of the duty", "pazzk", "H", "in the tests of state/duty"),
    cannot(
        "peer 28", "waveforms at any phase", "pazzk", "H", "in the tests of drivers/control_pilot"
    ),
    Row(
        "peer 29 below",
        "18.0 A at 16 A: openings in 60 s",
        (0, 0),
        "",
        "EVerest, limit 18.15 A",
        "M",
        glitch(DRAWING % "18.0\n80000,ev.follow,1"),
    ),
    Row(
        "peer 29 brief",
        "18.2 A at 16 A for 6.9 s: openings",
        (0, 0),
        "",
        "EVerest",
        "M",
        glitch(DRAWING % "18.2\n26900,ev.current_a,16\n50000,ev.follow,1"),
    ),
    Row(
        "peer 29 above",
        "18.4 A at 16 A: fault",
        (6_000, 8_500),
        "ms",
        "EVerest 7 s",
        "M",
        fault_at(DRAWING % 18.4, "over_current", 20_000, 40_000),
    ),
    Row(
        "peer 30",
        "1.25 times the offer: opened",
        (4_500, 6_000),
        "ms",
        "OpenEVCharger 5 s",
        "M",
        first_opening(DRAWING % 20, 20_000, 40_000),
    ),
    Row(
        "peer 31",
        "welded, found",
        (None, 3_600),
        "ms",
        "OpenEVCharger 3.2 s",
        "M",
        fault_at("\n15000,contactor.fault,welded\n20000,ev.cp_ohm,2740", "welded", 20_000, 40_000),
    ),
    cannot(
        "peer 31 current",
        "weld found by more than 500 mA",
        "OpenEVCharger",
        "M",
        "the mirror contact finds it first; in the tests of state/protection",
    ),
    Row(
        "peer 32 brief",
        "7 mA DC for 40 and 60 ms: openings",
        (0, 0),
        "",
        "Tinkerforge",
        "M",
        glitch("\n20000,rcm.dc_ma,7\n20040,rcm.dc_ma,0\n25000,rcm.dc_ma,7\n25060,rcm.dc_ma,0"),
    ),
    Row(
        "peer 32",
        "7 mA DC: command off",
        (None, 1_000),
        "ms",
        "Bender 700 ms and 50 ms debounce",
        "M",
        first_opening("\n20000,rcm.dc_ma,7", 20_000),
    ),
    cannot("peer 33", "5.1 mA DC", "EVerest simulator", "L", "the sensor's threshold, 3 to 6 mA"),
    cannot("peer 34", "phase switch", "Tinkerforge", "M", "one contactor for all phases"),
    cannot("peer 35", "main fuse", "SmartEVSE", "M", "a local limit; the house meter is to come"),
    cannot("peer 36", "mains meter dead", "SmartEVSE", "M", "the house meter is to come"),
    Row(
        "peer 37",
        "9 s on, 1 s off, 40 times: closings",
        (40, 40),
        "",
        "OpenEVSE endurance",
        "M",
        endurance,
    ),
)
