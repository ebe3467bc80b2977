"""The cars of the simulated street, as rows of data.

DEFAULTS explains every parameter; a row says where a car differs and why: the comment beside a
value is the id of the observation (evcc, OpenEVSE, Tinkerforge and other field reports) or the
clause of IEC 61851-1. A pair of numbers is drawn from uniformly. "ours" marks a chosen figure.
"""

HOUR_MS = 3_600_000
MINUTE_MS = 60_000

DEFAULTS = {
    "title": "",
    "phases": 1,
    "max_a": 32,
    "min_a": 6,  # smallest offer that makes it start
    "needs_wh": 20_000,  # energy until full; None: the profile decides
    "profile": None,  # profiles/<name>.csv: recorded minutes of current and power factor
    "waveform": None,  # a name of waveforms.names(), None for a sine
    "power_factor": 0.99,
    "pf_by_a": (),  # (amperes, power factor) rows, straight lines between
    "b_ohm": 2_740,  # IEC 61851-1 table A.3
    "c_ohm": 882,  # R2 with R3 in parallel
    "min_duty_bp": 800,  # IEC 61851-1 table A.8: from 8 % on it is an offer
    "start_ms": (1_000, 3_000),  # PWM appears -> S2 closes
    "reaction_ms": (3_000, 3_000, 3_000, 3_000, 4_000, 4_000, 4_000, 8_000),  # oc-grace: one of
    "up_a_s": (2, 4),  # slope up, amperes a second
    "down_ms": 1_000,  # length of the slope down to a lower offer
    "stop_ms": (300, 1_000),  # PWM goes -> the current starts to fall
    "fall_ms": 1_500,  # current to zero before S2 opens: with stop_ms below 3 s, seq. 10.1
    "on_stop": "open",  # PWM goes: "open" S2, "stay" in C without current, "draw" until cut
    "idle_a": 0.3,
    "idle_ms": 0,  # draws idle_a so long after the contactor closed
    "toggle_ms": 0,
    "toggle_period_ms": 100,  # S2 chatters with this half period for toggle_ms after plug-in
    "pulse_ms": 0,
    "pulse_gap_ms": 750,  # S2 closes for pulse_ms, opens for the gap, then stays closed
    "glitch_ms": 0,
    "glitch_after_ms": 490,  # reads as B for glitch_ms, so long after a duty change
    "false_a_ms": None,  # reads as unplugged so long at each stop and restart
    "asleep": 0,
    "sleeps_after_ms": None,  # falls asleep when there was no offer for so long
    "self_wake_ms": None,  # wakes by itself so long after an offer came
    "wake_ms": 3_900,  # -12 V that wakes it: the 4 s of A.5.3, less 100 ms for a box's tick
    "digital_sticks": 0,  # a duty of 3..7 % leaves it in B until it is woken
    "cuts_borne": None,  # supply lost so often while it draws: in error until unplugged
    "stops_borne": None,  # offer lost so often while it charges: in error until unplugged
    "rest_ms": 0,  # an offer sooner after the last one: in error until unplugged
    "pause_every_ms": 0,  # opens S2 for pause_ms after so much charging
    "pause_ms": (10_000, 60_000),
    "topups": 0,  # after full stays in C at standby_a, tops up topup_ms of every topup_every_ms
    "topup_every_ms": 9 * MINUTE_MS,
    "topup_ms": 270_000,
    "topup_a": 5.0,
    "standby_a": 0.33,
    "standby_pf": 0.02,
}

MODELS = {
    "bmw_ix": {
        "title": "BMW iX xDrive50, recorded",
        "needs_wh": None,
        "profile": "bmw_ix",
        "waveform": "bmw_ix",
    },
    "kia_niro": {
        "title": "Kia Niro, recorded",
        "needs_wh": None,
        "profile": "kia_niro",
        "waveform": "kia_niro",
        "pause_every_ms": 45 * MINUTE_MS,  # zoe-vent; the interval is ours
    },
    "model3": {
        "title": "Tesla Model 3, recorded",
        "needs_wh": None,
        "profile": "model3",
        "waveform": "model3",
        "idle_ms": 20_000,  # tesla-idlec; its length is ours
    },
    "model3_5a": {
        "title": "Tesla Model 3, limited in the car to 5 A",
        "phases": 3,
        "max_a": 5,  # tesla-low
        "needs_wh": 8_000,
        "waveform": "model3",
        "idle_ms": 20_000,  # tesla-idlec
    },
    "model_y": {
        "title": "Tesla Model Y, still in C after an outage",
        "phases": 3,
        "max_a": 16,
        "waveform": "model3",
        "on_stop": "stay",  # tesla-boot
        "idle_ms": 20_000,  # tesla-idlec
    },
    "prius": {
        "title": "Toyota Prius Prime, recorded, with its dips",
        "max_a": 16,
        "needs_wh": None,
        "profile": "prius",  # lexus-dip: in the minutes' averages
        "waveform": "prius",
    },
    "leaf": {
        "title": "Nissan Leaf",
        "needs_wh": 9_000,
        "waveform": "ioniq_electric",  # borrowed: none recorded
        "min_duty_bp": 1_000,  # IEC 61851-1 table A.8 allows 8 %, this car does not: SmartEVSE #30
        "toggle_ms": 16_000,  # dalathegreat #60; between B and C is our reading
        "down_ms": 6_000,  # open_evse #95, #10: up to 10 s with the reaction
        "topups": 3,  # leaf-topup
    },
    "zoe": {
        "title": "Renault Zoe",
        "phases": 3,
        "waveform": "ioniq5",  # borrowed: none recorded
        "min_a": 8,  # zoe-min
        "pf_by_a": ((6, 0.07), (7, 0.45), (8, 0.94), (16, 0.98)),  # zoe-pf
        "sleeps_after_ms": 3 * HOUR_MS,  # zoe-sleep: "hours"
        "pause_every_ms": 25 * MINUTE_MS,  # zoe-vent; the interval is ours
    },
    "kona": {
        "title": "Hyundai Kona",
        "waveform": "ioniq_electric",  # borrowed: none recorded
        "on_stop": "draw",  # kona-c1
        "sleeps_after_ms": 10 * MINUTE_MS,  # kona-sleep; the pause that puts it to sleep is ours
        "self_wake_ms": (10 * MINUTE_MS, 20 * MINUTE_MS),  # kona-sleep
        "pause_every_ms": 45 * MINUTE_MS,  # zoe-vent; the interval is ours
    },
    "ix3": {
        "title": "BMW iX3",
        "phases": 3,
        "max_a": 16,
        "waveform": "bmw_ix",  # borrowed: none recorded
        "pulse_ms": 250,  # bmw-glitch
        "glitch_ms": 40,  # bmw-phev
    },
    "id3": {
        "title": "VW ID.3",
        "phases": 3,
        "max_a": 16,
        "waveform": "mach_e",  # borrowed: none recorded
        "false_a_ms": (600, 1_400),  # id3-a: the cure was to wait 2.5 s
        "cuts_borne": 1,  # id3-phase
    },
    "e_golf": {
        "title": "VW e-Golf, off the nominal resistances and slow to start",
        "waveform": "prius",  # borrowed: none recorded
        "b_ohm": 2_367,  # measured on a real box
        "c_ohm": 929,  # egolf; measured on a real box
        "start_ms": (31_000, 60_000),  # vw-wake
    },
    "e208": {
        "title": "Peugeot e-208",
        "phases": 3,
        "max_a": 16,
        "waveform": "kia_niro",  # borrowed: none recorded
        "start_ms": (10_000, 30_000),  # psa
    },
    "polestar": {
        "title": "Polestar, hard to wake",
        "phases": 3,
        "max_a": 16,
        "waveform": "mach_e",  # borrowed: none recorded
        "sleeps_after_ms": 10 * MINUTE_MS,  # ours
        "wake_ms": 15_000,  # polestar: 5 s were not enough
    },
    "ioniq5": {
        "title": "Hyundai Ioniq 5",
        "phases": 3,
        "max_a": 16,
        "waveform": "ioniq5",
        "digital_sticks": 1,  # ioniq5
    },
    "buzz": {
        "title": "VW ID. Buzz",
        "phases": 3,
        "max_a": 16,
        "waveform": "mach_e",  # borrowed: none recorded
        "cuts_borne": 1,  # buzz
    },
    "enyaq": {
        "title": "Skoda Enyaq, takes a quick restart for a fault",
        "phases": 3,
        "max_a": 16,
        "waveform": "mach_e",  # borrowed: none recorded
        "rest_ms": 300_000,  # enyaq
    },
    "porsche": {
        "title": "a Porsche plug-in hybrid, sleeps for good when interrupted too often",
        "max_a": 16,
        "waveform": "prius",  # borrowed: none recorded
        "stops_borne": 5,  # porsche
    },
    "mach_e": {
        "title": "Ford Mustang Mach-E",
        "phases": 3,
        "max_a": 16,
        "waveform": "mach_e",
        "stops_borne": 8,  # mache; the number is ours
    },
    "sleeper": {
        "title": "a car that ignores PWM until it is woken",
        "waveform": "prius",  # borrowed: none recorded
        "asleep": 1,  # zoe-sleep
    },
    "simplified": {
        "title": "a light vehicle with simplified pilot, without S2",
        "max_a": 10,  # IEC 61851-1 A.2.3
        "needs_wh": 3_000,
        "b_ohm": 882,  # IEC 61851-1 A.2.3, seq. 1.2: nothing to switch
    },
    "ventilated": {
        "title": "a car that asks for ventilation, B to D without C",
        "c_ohm": 246,  # direct-d
    },
}

ALIASES = {
    "bmw": "bmw_ix",
    "golf": "e_golf",
    "ix": "bmw_ix",
    "niro": "kia_niro",
    "tesla": "model3",
}


def names():
    """Return all names, sorted."""
    return sorted(MODELS)


def find(name):
    """Return the full row of a model: name, alias or unique beginning, in any case.

    Raises ValueError, in one line with all names, when there is no such model or several.
    """
    wanted = str(name).strip().lower().replace("-", "_").replace(" ", "_").replace(".", "")
    wanted = ALIASES.get(wanted, wanted)
    if wanted not in MODELS:
        near = [known for known in MODELS if wanted and known.startswith(wanted)]
        if len(near) != 1:
            raise ValueError("no car called %r; known: %s" % (name, ", ".join(names())))
        wanted = near[0]
    return complete(MODELS[wanted])


def complete(row):
    """Return the row with every parameter. Raises ValueError naming an unknown one."""
    for key in row:
        if key not in DEFAULTS:
            raise ValueError("unknown parameter %r of a car" % key)
    full = dict(DEFAULTS)
    full.update(row)
    return full
