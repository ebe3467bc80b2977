"""The rows of the timing table (IEC 61851-1:2017 table A.6, annex A) as scenarios."""

from played import play

from conformity.row import CHARGE, CHARGED_MS, Row, cannot, closings, delay, delays

A6 = "table A.6 seq. %s"
OPEN_100 = (None, 100)


def after(cause, before=CHARGE):
    """Return a play: how long after the cause in a charge the contacts are apart."""
    return lambda phases: delays(phases, before, cause, "contactor.closed", "0", CHARGED_MS)


def stopped_after_a_change(phases):
    """60 ms after a new duty, and where some cars glitch: current still flows."""
    changes = ["\n%d,limit.house,10" % (CHARGED_MS - ago_ms) for ago_ms in (75, 455)]
    plays = [after("ev.cp_ohm,2740", CHARGE + change) for change in changes]
    return plays[0](phases) + plays[1](phases)


def command_after(cause):
    return lambda phases: delays(phases, CHARGE, cause, "contactor.command", "0", CHARGED_MS)


def plug_in_b(phases):
    return [closings("5000,ev.cp_ohm,2740", 30_000)]


def simplified(phases):
    return [delay("5000,ev.cp_ohm,882", "contactor.closed", "1", 5_000, "pilot.duty_permille")]


def pwm_after_unplugging(phases):
    rows = "5000,ev.cp_ohm,2740\n9000,ev.cp_ohm,open"
    return [delay(rows, "pilot.duty_permille", "1000", 9_000)]


def close_after_s2(phases):
    return delays(phases, "5000,ev.cp_ohm,2740", "ev.cp_ohm,882", "contactor.closed", "1", 9_000)


def close_again(phases):
    rows = CHARGE + "\n20000,ev.cp_ohm,2740\n20100,ev.cp_ohm,882"
    return [delay(rows, "contactor.closed", "1", 20_100)]


def close_after_late_permission(phases):
    late = "3000,cmd.enable,false\n5000,ev.cp_ohm,2740\n7000,ev.cp_ohm,882\n20000,cmd.enable,true"
    again = CHARGE + "\n20000,cmd.enable,false\n%d,cmd.enable,true\n40000,ev.follow,1"
    return [
        delay(rows, "contactor.closed", "1", 20_000, "pilot.duty_permille", "533")
        for rows in (late, again % 21_000, again % 26_500, again % 29_000)
    ]


def change_to_change(phases):
    rows = CHARGE + "".join(
        "\n%d,limit.house,%d" % (15_000 + k * 700, 10 + k % 7) for k in range(60)
    )
    return gaps(rows)


def gaps(rows):
    times = [t for t, v in play(rows).values("pilot.duty_permille") if v not in ("0", "1000")]
    return [min(b - a for a, b in zip(times, times[1:]))]


def limit_to_duty(phases):
    rows = CHARGE + "\n20000,limit.house,16\n21000,limit.house,10"
    return [delay(rows, "pilot.duty_permille", "167", 21_000)]


def stop_to_x1(phases):
    return [delay(CHARGE + "\n20000,cmd.enable,false", "pilot.duty_permille", "1000", 20_000)]


def stop_in_b(phases):
    rows = "5000,ev.cp_ohm,2740\n15000,cmd.enable,false"
    return [delay(rows, "pilot.duty_permille", "1000", 15_000)]


def unlock(phases):
    causes = ("ev.cp_ohm,open", "ev.cp_ohm,0")
    return [delay("%s\n20000,%s" % (CHARGE, cause), "lock", "0", 20_000) for cause in causes]


def ignored_stop(phases):
    rows = CHARGE + "\n20000,cmd.enable,false"
    return [delay(rows, "contactor.command", "0", 20_000, "pilot.duty_permille")]


def answered_stop(phases):
    rows = CHARGE + "\n20000,cmd.enable,false\n22000,ev.cp_ohm,2740"
    return [delay(rows, "contactor.closed", "0", 22_000)]


def bcb_toggle(phases):
    rows = "5000,ev.cp_ohm,2740" + "".join(
        "\n%d,ev.cp_ohm,%d" % (9_000 + k * 300, (882, 2_740)[k % 2]) for k in range(6)
    )
    return [closings(rows, 30_000)]


def x1_between_offers(phases):
    rows = "5000,ev.cp_ohm,2740\n15000,cmd.enable,false\n15500,cmd.enable,true"
    return [delay(rows, "pilot.duty_permille", "533", 15_000, "pilot.duty_permille", "1000")]


def dwell_in_f(phases):
    rows = CHARGE + "\n20000,ev.diode,0\n20200,ev.diode,1"
    return [delay(rows, "pilot.duty_permille", "1000", 20_000, "pilot.duty_permille", "0")]


def boot_in_c(phases):
    return [delay("0,ev.cp_ohm,882", "pilot.duty_permille", "533", 0)]


def wake_up(phases):
    rows = "5000,ev.cp_ohm,2740"
    return [
        delay(rows, "pilot.duty_permille", "1000", 10_000, "pilot.duty_permille", "0", 120_000)
    ]


def x1_after_wake_up(phases):
    played = play("5000,ev.cp_ohm,2740", 60_000)
    x1_ms = played.when("pilot.duty_permille", "1000", 10_000)
    return [played.when("pilot.duty_permille", "533", x1_ms) - x1_ms]


ROWS = (
    Row("1.1", "plug-in with S2: closings", (0, 0), "", A6 % "1.1", "M", plug_in_b),
    Row(
        "1.2",
        "plug-in without S2: PWM to closed",
        (None, 3_000),
        "ms",
        A6 % "1.2",
        "M",
        simplified,
    ),
    Row(
        "2.1",
        "unplugged in B: PWM off",
        (None, 2_000),
        "ms",
        A6 % "2.1, 9.3",
        "M",
        pwm_after_unplugging,
    ),
    Row("2.2", "unplugged under charge", OPEN_100, "ms", A6 % "2.2", "H", after("ev.cp_ohm,open")),
    Row(
        "2.2 command",
        "the same, command off",
        (None, 30),
        "ms",
        "design goal",
        "-",
        command_after("ev.cp_ohm,open"),
    ),
    cannot("3.1", "able to supply: B1 to B2", A6 % "3.1", "M", "no limit in the table"),
    Row(
        "3.2",
        "offer comes back, car in C: PWM to closed",
        (None, 3_000),
        "ms",
        A6 % "3.2",
        "L/M",
        close_after_late_permission,
    ),
    Row("4", "S2 closes: contacts closed", (500, 3_000), "ms", A6 % "4", "H", close_after_s2),
    Row("4 again", "the same just after 8.1", (500, 3_000), "ms", A6 % "4", "H", close_again),
    cannot("5", "car starts to draw", A6 % "5", "M", "no limit, the car's"),
    Row(
        "6 changes",
        "between two duty changes",
        (5_000, None),
        "ms",
        A6 % "6",
        "H",
        change_to_change,
    ),
    Row("6 limit", "external limit to duty", (None, 10_000), "ms", A6 % "6", "L", limit_to_duty),
    cannot("7", "car ramps down before S2 opens", A6 % "7", "M", "the car's"),
    Row("8.1", "S2 opens under PWM", OPEN_100, "ms", A6 % "8.1", "H", after("ev.cp_ohm,2740")),
    Row(
        "8.1 command",
        "the same, command off",
        (None, 30),
        "ms",
        "design goal",
        "-",
        command_after("ev.cp_ohm,2740"),
    ),
    Row(
        "8.1 changed",
        "S2 opens just after a duty change, drawing",
        OPEN_100,
        "ms",
        A6 % "8.1",
        "H",
        stopped_after_a_change,
    ),
    Row("8.2", "S2 opens in x1 (stop answered)", OPEN_100, "ms", A6 % "8.2", "M", answered_stop),
    Row("9.1", "stop wanted: PWM off", (None, 200), "ms", A6 % "9.1", "H", stop_to_x1),
    Row("9.2", "stop wanted in B: PWM off", (None, 200), "ms", A6 % "9.2", "M", stop_in_b),
    Row("9.3", "A2 to A1: PWM off", (None, 2_000), "ms", A6 % "9.3", "L", pwm_after_unplugging),
    cannot("10.1", "car answers the stop in 3 s", A6 % "10.1", "M", "the car's; ours is 8.2"),
    Row(
        "10.2",
        "car ignores the stop: opened",
        (6_000, 6_500),
        "ms",
        A6 % "10.2",
        "H",
        ignored_stop,
    ),
    Row("11", "BCB toggle: closings", (0, 0), "", A6 % "11 (ISO 15118-3)", "M", bcb_toggle),
    Row(
        "12 E",
        "pilot shorted",
        (None, 100),
        "ms",
        A6 % "12 (3 s; designed 100 ms)",
        "M",
        after("ev.cp_ohm,0"),
    ),
    Row("12 diode", "diode lost", (None, 100), "ms", A6 % "12", "M", after("ev.diode,0")),
    Row("PE", "protective earth lost", OPEN_100, "ms", "clause 6.3.1", "L/M", after("pe.ok,0")),
    Row(
        "short 80 ohm",
        "80 ohm from CP to PE in C",
        (None, 3_000),
        "ms",
        "A.4.9",
        "M",
        after("ev.cp_ohm,80"),
    ),
    Row(
        "D",
        "ventilation asked, none there",
        (None, 3_000),
        "ms",
        "state D",
        "L",
        after("ev.cp_ohm,246"),
    ),
    Row(
        "oscillator",
        "oscillator stuck high",
        (None, 100),
        "ms",
        "design",
        "M",
        after("cp.oscillator_permille,1000"),
    ),
    Row(
        "F dwell",
        "shortest F after a fault",
        (300, None),
        "ms",
        "table A.5 (EVerest)",
        "M",
        dwell_in_f,
    ),
    Row(
        "x1 dwell",
        "x1 between two offers",
        (3_000, None),
        "ms",
        "EVerest T_STEP_X1",
        "M",
        x1_between_offers,
    ),
    Row(
        "boot",
        "car in C at power-on: x1 first",
        (3_000, None),
        "ms",
        "EVerest 1068",
        "M",
        boot_in_c,
    ),
    Row("wake", "length of the wake-up signal", (3_900, 4_100), "ms", "A.5.3", "M", wake_up),
    Row(
        "x1 after F",
        "x1 after the wake-up signal",
        (500, 1_000),
        "ms",
        "EV READY",
        "M",
        x1_after_wake_up,
    ),
    Row("unlock", "unplugged or shorted: unlocked", (None, 200), "ms", "EVerest", "M", unlock),
    cannot("unlock F", "unlocked in F after 5 s", "EVerest", "M", "F lasts 300 ms, then x1"),
    cannot(
        "CP disconnect",
        "pilot disconnected 4 s or 30 s",
        "Tinkerforge, SmartEVSE",
        "M",
        "no relay in the pilot",
    ),
    cannot("1p/3p", "change of phases", "EVerest", "M", "one contactor for all phases"),
    cannot("R37", "Austrian reconnection ramp", "OVE R37", "M", "not yet; under-voltage stops"),
)
