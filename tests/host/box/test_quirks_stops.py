"""What drivers of known cars want: to start, to sleep and wake, not to be interrupted."""

CAR = "5000,ev.model,%s\n"
PAUSE = CAR + "60000,cmd.enable,false\n%d,cmd.enable,true"
MINUTE_MS = 60_000


def wake_ups(played):
    """Return how often the pilot went to -12 V, but for the start of the box."""
    duties = played.values("pilot.duty_permille")
    return len([1 for t_ms, value in duties if t_ms > 1_000 and value == "0"])


def is_charging(played, t_ms):
    return played.at("iec.state", t_ms) == "C2" and float(played.at("current.a", t_ms)) > 5


def stands_by(played, t_ms):
    """Return whether the box did all it can: the session and the offer stand, without a fault."""
    duty = int(played.at("pilot.duty_permille", t_ms))
    stands = played.at("iec.state", t_ms) == "B2" and 100 <= duty <= 960
    return stands and played.at("session.id", t_ms) == "1" and played.at("fault", t_ms) == ""


def swinging(name, low_a, high_a, period_s, times):
    """Return rows of a car and a house limit that goes to and fro from 20 s on."""
    rows = [CAR.strip() % name]
    for k in range(times):
        rows.append("%d,limit.house,%s" % (20_000 + k * period_s * 1_000, (low_a, high_a)[k % 2]))
    return "\n".join(rows)


def test_zoe_min(play):
    """Below its 8 A it waits in peace, without clicks, and starts when there is more (wbec#28)."""
    played = play("0,limit.house,7\n" + CAR % "zoe" + "300000,limit.house,9", until_ms=340_000)
    assert played.when("contactor.command", "1") > 300_000
    assert played.closings() == 1 and is_charging(played, 340_000)
    assert not played.faults()


def test_zoe_sleep(play):
    """A sleeping car is woken and charged (OpenEVSE/ESP8266_WiFi_v2.x#223)."""
    played = play(CAR % "sleeper", until_ms=90_000)
    assert wake_ups(played) == 1
    assert played.closings() == 1 and is_charging(played, 90_000)
    assert not played.faults()


def test_zoe_vent(play):
    """A pause to cool the battery is not the end of charging (CurtRod/SimpleEVSE-WiFi#35)."""
    played = play(CAR % "zoe", until_ms=27 * MINUTE_MS)
    assert played.closings() == 2 and is_charging(played, 27 * MINUTE_MS)
    assert [value for _, value in played.values("session.id")] == ["", "1"]
    assert not played.faults()


def test_kona_c1(play):
    """Who says stop gets a stop: a car that goes on is cut after 6 s (EVerest, seq. 10.2)."""
    played = play(CAR % "kona" + "60000,cmd.enable,false", until_ms=80_000)
    stopped_ms = played.when("pilot.duty_permille", "1000", 60_000)
    assert 6_000 <= played.when("contactor.command", "0") - stopped_ms <= 6_500
    assert float(played.at("current.a", 65_000)) > 20 and not played.faults()


def test_kona_sleep(play):
    """After a pause it charges within 4 minutes, not 20 (evcc-io/evcc#5996, #12480, #11958)."""
    played = play(PAUSE % ("kona", 12 * MINUTE_MS), until_ms=16 * MINUTE_MS)
    assert played.when("contactor.closed", "1", 12 * MINUTE_MS) <= 16 * MINUTE_MS
    assert played.closings() == 2 and is_charging(played, 16 * MINUTE_MS)
    assert wake_ups(played) == 1 and not played.faults()


def test_vw_wake(play):
    """A car that needs more than 30 s to wake by itself is left to it (evse-v2 2.2.14).

    Wanted is a wake-up signal after 90 s at the earliest; the config ends at 60 s, 0 is never.
    Cannot: the one after the usual 30 s makes this car begin anew. It is charged, but later.
    """
    begun_ms = []
    for wake_after_s, signals in ((0, 0), (30, 1)):
        played = play(CAR % "e_golf", until_ms=120_000, config={"wake_after_s": wake_after_s})
        assert wake_ups(played) == signals
        assert played.closings() == 1 and is_charging(played, 120_000)
        assert not played.faults()
        begun_ms.append(played.when("contactor.closed", "1"))
    assert begun_ms[0] <= 70_000 and begun_ms[1] <= 110_000


def test_psa(play):
    """After an interruption it takes its 30 s and charges (snaptec/openWB#1289)."""
    played = play(PAUSE % ("e208", 120_000), until_ms=200_000)
    assert played.when("contactor.closed", "1", 120_000) <= 180_000
    assert played.closings() == 2 and not played.faults()


def test_polestar(play):
    """After a long pause it charges again (Tinkerforge evse-v2 2.2.12 to 2.2.14).

    Cannot: it wants 15 s without a pilot, the box has no relay for that and the standard's signal
    lasts 4 s. It is tried once, then the offer stands. A short pause does no harm.
    """
    short = play(PAUSE % ("polestar", 120_000), until_ms=160_000)
    assert short.closings() == 2 and is_charging(short, 160_000)
    asleep = play(PAUSE % ("polestar", 12 * MINUTE_MS), until_ms=14 * MINUTE_MS)
    assert wake_ups(asleep) == 1 and asleep.closings() == 1
    assert stands_by(asleep, 14 * MINUTE_MS)


def test_ioniq5(play):
    """It is never asked for digital communication, which it would not survive (evse-v2)."""
    rows = PAUSE % ("ioniq5", 90_000) + "\n120000,limit.house,0\n150000,limit.house,6"
    played = play(rows, until_ms=180_000)
    duties = {int(value) for _, value in played.values("pilot.duty_permille")}
    assert not [permille for permille in duties if 0 < permille < 100]
    assert played.closings() == 3 and is_charging(played, 180_000)
    assert not played.faults()


def is_never_cut(play, name):
    """Change, stop and resume the offer: the car, which bears no cut, charges to the end."""
    limits = "20000,limit.house,6\n40000,limit.house,16\n60000,limit.house,0\n"
    orders = "90000,limit.house,16\n120000,cmd.limit,0\n150000,cmd.limit,16\n"
    orders += "170000,cmd.enable,false\n200000,cmd.enable,true"
    played = play(CAR % name + limits + orders, until_ms=240_000)
    return played.closings() == 4 and is_charging(played, 240_000) and not played.faults()


def test_buzz(play):
    """The phases are never switched under it (evcc-io/evcc#15451).

    The box has one contactor for all of them: limits and stops of every kind are signalled first.
    """
    assert is_never_cut(play, "buzz")


def test_id3_phase(play):
    """It is never interrupted without warning (evcc-io/evcc#2519, #14348).

    Cannot: where a protection must open at once, the car is in error until somebody starts it in
    the app. The box does not cycle it: the offer stands.
    """
    assert is_never_cut(play, "id3")
    cut = play(CAR % "id3" + "40000,pe.ok,0\n41000,pe.ok,1", until_ms=160_000)
    assert cut.faults() == {"earth_lost"}
    assert cut.closings() == 1 and stands_by(cut, 160_000)


def test_enyaq(play):
    """Charging, 0 A and charging again only after 300 s (openWB/core#3796).

    Cannot: the box obeys at once whoever takes a limit away; the 300 s are the controller's. A car
    that took it for a fault is not cycled.
    """
    slow = play(swinging("enyaq", 0, 16, 300, 2), until_ms=360_000)
    assert slow.closings() == 2 and is_charging(slow, 360_000) and not slow.faults()
    quick = play(swinging("enyaq", 0, 16, 60, 2), until_ms=200_000)
    assert quick.closings() == 1 and stands_by(quick, 200_000)


def test_porsche(play):
    """The house interrupts it less often than the 5 times after which it sleeps for good.

    Source: evcc-io/evcc#7723. The box counts, and paces itself before the car gives up.
    """
    rows = swinging("porsche", 0, 16, 30, 12) + "\n400000,cmd.reset_faults,1"
    kept = play(rows, until_ms=460_000)
    assert kept.at("offer.reason", 390_000) == "paced" and not kept.faults()
    assert kept.closings() == 5 and is_charging(kept, 460_000)


def test_porsche_asleep(play):
    """One more than the default loses it: told, not cycled further; plugged anew it charges."""
    rows = swinging("porsche", 0, 16, 30, 12)
    rows += "\n400000,ev.cp_ohm,open\n410000,ev.model,porsche"
    played = play(rows, until_ms=440_000, config={"most_interruptions": 5})
    assert (
        played.at("offer.reason", 399_000) == "paced" and played.at("session.id", 399_000) == "1"
    )
    closed = [t_ms for t_ms, value in played.values("contactor.closed") if value == "1"]
    assert len([t_ms for t_ms in closed if t_ms < 400_000]) == 5
    assert is_charging(played, 440_000) and played.at("fault", 440_000) == ""


def test_mache(play):
    """A limit that swings about 6 A does not make it toggle (OpenEVSE/openevse_esp32#684).

    At 6 A and above it charges without a break. Cannot: below 6 A there is nothing to offer, so it
    stops each time; the box paces itself before the car gives up.
    """
    above = play(swinging("mach_e", 6, 6.9, 10, 12), until_ms=150_000)
    assert above.closings() == 1 and is_charging(above, 150_000) and not above.faults()
    about = play(swinging("mach_e", 5.5, 6.5, 10, 20), until_ms=240_000)
    assert about.closings() == 4 and about.at("offer.reason", 240_000) == "paced"
    assert about.at("session.id", 240_000) == "1"
