"""Commands to the whole firmware on MicroPython: what they do to a car, and what they must not."""

import json

from played import play

PLUGGED = "5000,ev.cp_ohm,2740\n6000,ev.cp_ohm,882\n"


def commands(*rows):
    return "".join(
        "%d,cmd.%s,%s\n" % (t_ms, name, json.dumps(value)) for t_ms, name, value in rows
    )


def test_a_plug_in_needs_its_own_authorisation():
    played = play(
        PLUGGED
        + commands((15_000, "authorize", "max"))
        + "25000,ev.cp_ohm,2740\n26000,ev.cp_ohm,open\n"
        + "30000,ev.cp_ohm,2740\n31000,ev.cp_ohm,882\n",
        until_ms=45_000,
        config={"authorisation": "required"},
    )
    assert played.at("iec.state", 14_900) == "C1"
    assert played.at("offer.reason", 14_900) == "authorisation"
    assert 15_000 < played.when("contactor.closed", "1") < 20_000
    assert played.closings() == 1
    assert played.at("iec.state", 44_900) == "C1"


def test_an_authorisation_that_no_car_follows_is_worth_nothing():
    played = play(
        commands((1_000, "authorize", "max")) + "62500,ev.cp_ohm,2740\n63000,ev.cp_ohm,882\n",
        until_ms=75_000,
        config={"authorisation": "required"},
    )
    assert played.closings() == 0 and played.at("iec.state", 74_000) == "C1"


def test_the_record_says_who_was_let_in():
    played = play(
        commands((1_000, "authorize", "max"))
        + PLUGGED
        + "20000,ev.cp_ohm,2740\n21000,ev.cp_ohm,open\n",
        until_ms=30_000,
        config={"authorisation": "required"},
    )
    assert played.closings() == 1


def test_a_pause_lets_the_car_stop_first_and_ends_by_itself():
    played = play(
        "0,ev.model,zoe\n" + commands((40_000, "pause", 20)),
        until_ms=90_000,
    )
    stopped = played.when("contactor.closed", "0", 40_000)
    assert played.at("offer.reason", 45_000) == "paused"
    assert played.when("contactor.closed", "1", stopped) > 60_000
    assert played.faults() == set()


def test_what_must_not_happen_under_current_does_not():
    played = play(
        "0,ev.model,zoe\n"
        + commands(
            (40_000, "unlock", None),
            (41_000, "restart", None),
            (42_000, "selftest", None),
            (43_000, "config/set", {"telemetry_s": 1}),
        ),
        until_ms=60_000,
    )
    closed = played.when("contactor.closed", "1")
    assert closed < 40_000 and played.closings() == 1
    assert played.at("contactor.closed", 59_900) == "1"
    assert played.at("lock", 59_900) == "1"


def test_a_plug_is_given_free_and_kept_from_closing():
    played = play(
        "5000,ev.cp_ohm,2740\n" + commands((15_000, "unlock", None)) + "16000,ev.cp_ohm,882\n",
        until_ms=60_000,
    )
    freed = played.when("lock", "0", 15_000)
    assert freed < 15_500
    assert played.when("contactor.closed", "1") > freed + 29_000
    assert played.at("lock", 59_000) == "1"


def test_a_restart_with_an_open_contactor_starts_anew():
    played = play(commands((20_000, "restart", None)), until_ms=40_000)
    offers = [event["offer_a"] for event in played.events if event["event"] == "offer"]
    assert offers == [32, 0, 32]
    assert played.when("offer.a", "32.0", 20_500) < 24_000
