"""Pause, schedule and authorisation: who may charge when, and what survives what."""

import calendar

import pytest
from asked import Asked
from exchange import NOBODY

from sessions.permission import WINDOW_MS
from state.offer import DISABLED
from state.records import NO_LIMIT

MIDNIGHT_S = calendar.timegm((2026, 11, 25, 0, 0, 0))
NIGHT = "22:00-06:00"


def at(asked, hour):
    asked.clock.set(MIDNIGHT_S + 86_400 + hour * 3_600)
    asked.poll(1_000)
    return asked.requests


def plug(asked):
    """A car comes; return the number of its session."""
    snapshot = asked.snapshot
    snapshot.session_number, snapshot.next_session = (
        snapshot.next_session,
        snapshot.next_session + 1,
    )
    asked.poll(100)
    return snapshot.session_number


def unplug(asked):
    asked.snapshot.session_number = 0
    asked.poll(100)


def test_authorised_first_then_plugged():
    asked = Asked(authorisation="required")
    asked.ask("authorize", "max")
    assert not asked.requests.allows(0)
    asked.poll(WINDOW_MS - 200)
    number = plug(asked)
    assert asked.requests.allows(number) and asked.requests.authorised_by == "max"
    asked.poll(WINDOW_MS * 2, 1_000)
    assert asked.requests.allows(number)


def test_no_plug_within_the_window():
    asked = Asked(authorisation="required")
    asked.ask("authorize", "max")
    asked.poll(WINDOW_MS)
    assert not asked.requests.allows(plug(asked))
    assert asked.requests.authorised_by == ""


def test_plugged_first_then_authorised():
    asked = Asked(authorisation="required")
    number = plug(asked)
    assert not asked.requests.allows(number)
    assert asked.requests.name_of(DISABLED) == "authorisation"
    asked.ask("authorize", "max")
    assert asked.requests.allows(number)


def test_every_plug_in_wants_its_own():
    asked = Asked(authorisation="required")
    plug(asked)
    asked.ask("authorize", "max")
    unplug(asked)
    assert asked.requests.authorised_by == ""
    assert not asked.requests.allows(plug(asked))


def test_a_service_that_is_late_lets_nobody_in():
    asked = Asked(authorisation="required")
    number = plug(asked)
    asked.ask("authorize", "max")
    assert not asked.requests.allows(number + 1), "unplugged and plugged between two turns"
    asked.snapshot.session_number, asked.snapshot.next_session = number + 1, number + 2
    asked.poll(100)
    assert asked.requests.authorised_for == NOBODY


def test_authorisation_may_be_taken_back():
    asked = Asked(authorisation="required")
    number = plug(asked)
    asked.ask("authorize", "max")
    asked.ask("authorize", False)
    assert not asked.requests.allows(number) and asked.requests.authorised_by == ""


def test_a_session_that_a_restart_cut_stays_authorised_if_it_was():
    for who, allowed in (("max", 1), ("", 0)):
        asked = Asked(authorisation="required")
        asked.snapshot.session_number, asked.snapshot.next_session = 5, 6
        asked.permission.resume(5, who)
        asked.poll(WINDOW_MS * 2, 1_000)
        assert asked.requests.allows(5) == allowed
        unplug(asked)
        assert not asked.requests.allows(5)


def test_a_schedule_stops_outside_of_its_windows_and_says_so():
    asked = Asked()
    assert asked.ask("schedule", NIGHT)["value"] == {"saved": True}
    requests = at(asked, 12)
    assert not requests.allows(1) and requests.name_of(DISABLED) == "schedule"
    assert at(asked, 23).allows(1)
    assert asked.config["schedule"] == NIGHT
    asked.ask("schedule", "")
    assert at(asked, 36).allows(1) and asked.config["schedule"] == ""


def test_a_schedule_is_read_in_the_boxs_own_zone():
    asked = Asked(timezone="CET-1CEST,M3.5.0,M10.5.0/3", schedule="22:00-06:00")
    assert not at(asked, 20).allows(1)
    assert at(asked, 21).allows(1)


def test_without_the_time_a_schedule_leaves_the_safe_current():
    asked = Asked(schedule=NIGHT, safe_current_a=8)
    asked.poll(1_000)
    assert asked.requests.allows(1)
    assert [da for da in asked.requests.local_da if da != NO_LIMIT] == [80]
    assert not at(asked, 12).allows(1)
    assert at(asked, 23).allows(1)
    assert [da for da in asked.requests.local_da if da != NO_LIMIT] == []


def test_without_a_place_for_the_safe_current_nothing_is_allowed():
    asked = Asked(schedule="")
    for k in range(8):
        asked.requests.limit_locally("house %d" % k, 320)
    asked.ask("schedule", NIGHT)
    assert not asked.requests.allows(1)
    asked.requests.limit_locally("house 3", NO_LIMIT)
    asked.poll(1_000)
    assert asked.requests.allows(1)


def test_no_schedule_means_always_and_takes_no_place():
    asked = Asked()
    asked.poll(2_000)
    assert asked.requests.allows(1) and set(asked.requests.local_names) == {""}


@pytest.mark.parametrize("value", ["night", 5, None, ["22:00-06:00"], True])
def test_a_bad_schedule_leaves_the_old_one(value):
    asked = Asked()
    asked.ask("schedule", NIGHT)
    assert asked.refused("schedule", value)
    assert asked.config["schedule"] == NIGHT and not at(asked, 12).allows(1)


def test_a_schedule_set_while_charging_is_in_force_at_once_and_saved_later():
    asked = Asked()
    asked.snapshot.contactor_closed = 1
    assert asked.ask("schedule", NIGHT)["value"] == {"saved": False}
    assert not at(asked, 12).allows(1) and asked.config["schedule"] == ""
    asked.snapshot.contactor_closed, asked.snapshot.contactor_command = 0, 1
    asked.poll(2_000)
    assert asked.config["schedule"] == ""
    asked.snapshot.contactor_command = 0
    asked.poll(2_000)
    assert asked.config["schedule"] == NIGHT


def test_a_schedule_that_cannot_be_saved_holds_all_the_same(monkeypatch):
    asked = Asked()

    def full(name, value):
        raise OSError(28)

    monkeypatch.setattr(asked.config, "set", full)
    assert asked.ask("schedule", NIGHT)["ok"] and not at(asked, 12).allows(1)
    assert "not saved" in asked.permission.complaints[0]


def test_a_config_nobody_can_read_is_told_and_the_default_holds():
    asked = Asked(schedule="night", timezone="Europe/Berlin")
    assert len(asked.permission.complaints) == 2
    assert asked.requests.allows(1) and asked.permission.zone.offset_s(0) == 0


def test_the_owners_switch_is_told_before_all_else():
    asked = Asked(authorisation="required", schedule=NIGHT)
    requests = at(asked, 12)
    assert requests.name_of(DISABLED) == "schedule"
    asked.ask("pause", 60)
    assert requests.name_of(DISABLED) == "paused"
    asked.ask("enable", False)
    assert requests.name_of(DISABLED) == "disabled"
