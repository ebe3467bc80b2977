"""Each command that may stop, free, test, restart or show the box, and what it must refuse."""

import json

import pytest
from asked import Asked, clock_ms
from exchange import ANYONE, NOBODY

from cloud.commands import COMMANDS, RESETS, RESETS_MS, SETTLED_MS
from cloud.desk import BLINK_MS, REPLIED_MS, TEST_MS
from state.faults import CODES
from storage.config import FIELDS, REMOTELY, SECRETS
from storage.journal import EVENT, MARK, SESSION

LATCHED = ("welded", "residual_dc", "residual_ac", "overload", "stuck_open")


def closed(asked, command=1, feedback=1):
    asked.snapshot.contactor_command, asked.snapshot.contactor_closed = command, feedback
    return asked


def with_fault(asked, code):
    asked.snapshot.faults = 1 << CODES.index(code)
    return asked


def test_a_pause_ends_by_itself_and_may_be_ended():
    asked = Asked()
    assert asked.ask("pause", 10)["ok"] and asked.requests.paused
    asked.poll(9_900)
    assert asked.requests.paused
    asked.poll(100)
    assert not asked.requests.paused
    asked.ask("pause", None)
    asked.poll(3_599_900, 50_000)
    assert asked.requests.paused
    asked.ask("pause", 0)
    assert not asked.requests.paused


@pytest.mark.parametrize("value", [-1, 86_401, "1", True, [1]])
def test_a_pause_out_of_range_is_refused(value):
    asked = Asked()
    assert asked.refused("pause", value) and not asked.requests.paused


def test_a_pause_and_the_switch_do_not_cancel_each_other():
    asked = Asked()
    asked.ask("enable", False)
    asked.ask("pause", 5)
    asked.ask("enable", True)
    assert not asked.requests.allows(1)
    asked.poll(5_000)
    assert asked.requests.allows(1)


@pytest.mark.parametrize("command, feedback", [(1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("name", ["unlock", "selftest", "restart", "config/set"])
def test_only_with_an_open_contactor(name, command, feedback):
    asked = closed(Asked(), command, feedback)
    asked.poll(SETTLED_MS)
    before = dict(vars(asked.requests))
    assert asked.refused(name, {"telemetry_s": 5}) == "%s: the contactor is closed" % name
    asked.poll(TEST_MS)
    assert vars(asked.requests) == before and not asked.resets
    assert asked.config["telemetry_s"] == FIELDS["telemetry_s"][0]


@pytest.mark.parametrize("name", ["unlock", "reset_faults", "restart"])
def test_a_welded_contactor_wants_a_person(name):
    asked = with_fault(Asked(), "welded")
    asked.poll(SETTLED_MS)
    before = dict(vars(asked.requests))
    assert "welded" in asked.refused(name)
    asked.poll(REPLIED_MS)
    assert vars(asked.requests) == before and not asked.resets


@pytest.mark.parametrize("code", LATCHED)
def test_a_restart_does_not_wash_a_latched_fault_away(code):
    asked = with_fault(Asked(), code)
    asked.poll(SETTLED_MS)
    assert code in asked.refused("restart")


@pytest.mark.parametrize("code", ["stage_failed", "crash_loop", "hot"])
def test_a_restart_helps_where_it_is_the_advice(code):
    asked = with_fault(Asked(), code)
    asked.poll(SETTLED_MS)
    assert asked.ask("restart", None)["ok"]


def test_unlock_asks_the_core_once():
    asked = Asked()
    assert asked.ask("unlock", None)["ok"]
    assert asked.requests.unlock_serial == 1
    asked.desk.has_lock = 0
    assert asked.refused("unlock") == "unlock: this box has no lock"


def test_latches_are_cleared_a_few_times_an_hour():
    asked = with_fault(Asked(), "residual_dc")
    for _ in range(RESETS):
        assert asked.ask("reset_faults", None)["ok"]
    assert "in an hour" in asked.refused("reset_faults")
    assert asked.requests.reset_serial == RESETS
    asked.poll(RESETS_MS // RESETS, 60_000)
    assert asked.ask("reset_faults", None)["ok"]
    assert not asked.ask("reset_faults", None)["ok"]
    for code in ("diode_lost", "hot", "crash_loop"):
        assert with_fault(asked, code).ask("reset_faults", None)["ok"], "no latch"


def test_a_self_test_is_answered_when_it_has_ended():
    asked = Asked()
    assert asked.send("selftest", {"id": "t"}) == []
    assert asked.requests.test_serial == 1
    assert asked.send("selftest", {"id": "t"}) == [], "the same one is under way"
    assert "one is under way" in asked.refused("selftest", {"id": "u"})
    asked.poll(500)
    assert asked.replies() == []
    asked.snapshot.tests_ended, asked.snapshot.test_passed = 1, 1
    asked.poll()
    (reply,) = asked.replies()
    assert (reply["id"], reply["ok"], reply["command"]) == ("t", True, "selftest")
    assert asked.ask("selftest", {"id": "t"}) == reply
    assert asked.requests.test_serial == 1


def test_a_failed_self_test_says_so():
    asked = Asked()
    asked.send("selftest", None)
    asked.snapshot.tests_ended, asked.snapshot.test_passed = 1, 0
    asked.poll()
    (reply,) = asked.replies()
    assert not reply["ok"] and reply["reason"] == "selftest: the monitor failed"


def test_a_self_test_that_never_took_place_says_so():
    asked = Asked()
    asked.snapshot.test_passed = 1
    asked.send("selftest", None)
    asked.poll(TEST_MS - 1)
    assert asked.replies() == []
    asked.poll(1)
    (reply,) = asked.replies()
    assert not reply["ok"] and "not done" in reply["reason"]
    assert asked.send("selftest", None) == [] and asked.requests.test_serial == 2


def test_a_monitor_without_a_test_input_is_not_tested():
    asked = Asked()
    asked.desk.has_monitor_test = 0
    assert "no test input" in asked.refused("selftest")


def test_a_restart_comes_after_its_reply_and_nothing_closes_before():
    asked = Asked()
    asked.poll(SETTLED_MS)
    assert asked.ask("restart", None)["ok"]
    assert not asked.requests.allows(1)
    asked.poll(REPLIED_MS - 100)
    assert not asked.resets
    asked.poll(100)
    assert asked.resets


def test_a_restart_waits_for_a_contactor_that_closed_in_the_same_moment():
    asked = Asked()
    asked.poll(SETTLED_MS)
    asked.ask("restart", None)
    closed(asked).poll(REPLIED_MS + 5_000)
    assert not asked.resets
    closed(asked, 0, 0).poll(100)
    assert asked.resets


def test_a_restart_is_refused_just_after_a_start():
    asked = Asked()
    asked.poll(SETTLED_MS - 1)
    assert "10 s after a start" in asked.refused("restart")
    asked.poll(1)
    assert asked.ask("restart", None)["ok"]


def test_identify_blinks_and_gives_the_light_back():
    asked = Asked()
    assert asked.requests.lamp == -1
    asked.ask("identify", None)
    shown = set()
    for _ in range(BLINK_MS // 100):
        asked.poll()
        shown.add(asked.requests.lamp)
        clock_ms[0] += 100
    assert shown == {0, 2}
    asked.poll()
    assert asked.requests.lamp == -1


def test_config_is_read_without_secrets():
    asked = Asked(broker_password="hunter2")
    values = asked.ask("config/get", None)["value"]
    assert set(values) == set(FIELDS) and values["broker_password"] == "***"
    assert asked.ask("config/get", "broker_password")["value"] == {"broker_password": "***"}
    assert asked.ask("config/get", "box_id")["value"] == {"box_id": "box"}
    for wrong in ("x", 1, ["box_id"], {"a": 1}):
        assert "is no name" in asked.refused("config/get", wrong)


@pytest.mark.parametrize("name", sorted(set(FIELDS) - set(REMOTELY)))
def test_what_belongs_to_the_installation_is_set_at_the_box_only(name):
    asked = Asked()
    before = asked.config.shown()
    said = asked.refused("config/set", {"telemetry_s": 5, name: FIELDS[name][0]})
    assert said == "config/set: %s is set at the box only" % name
    assert asked.config.shown() == before


def test_protections_installation_and_link_are_out_of_a_commands_reach():
    protected = {"installer_limit_a", "ventilated", "over_voltage_v", "under_voltage_v", "high_hz"}
    protected |= {"open_pen", "glitch_hold_ms", "simplified_limit_a", "most_interruptions"}
    protected |= {"box_id", "authorisation", *SECRETS}
    protected |= {name for name in FIELDS if name.startswith("broker_")}
    assert not protected & set(REMOTELY) and protected <= set(FIELDS)


def test_several_values_are_set_together_or_not_at_all():
    asked = Asked()
    reply = asked.ask("config/set", {"id": 9, "telemetry_s": 5, "wake_signals": 2})
    assert reply["ok"] and reply["value"] == {"restart": True}
    assert (asked.config["telemetry_s"], asked.config["wake_signals"]) == (5, 2)
    for wrong in ({"telemetry_s": 7, "wake_signals": 9}, {"telemetry_s": 7, "x": 1}, {}, None, 5):
        assert not asked.ask("config/set", wrong)["ok"]
    for wrong in ("Europe/Berlin", "", 5):
        assert not asked.ask("config/set", {"telemetry_s": 7, "timezone": wrong})["ok"]
    assert asked.config["telemetry_s"] == 5


def test_a_config_that_cannot_be_saved_is_told(monkeypatch):
    asked = Asked()

    def full(values):
        raise OSError(28)

    monkeypatch.setattr(asked.config, "set_all", full)
    assert "not saved" in asked.refused("config/set", {"telemetry_s": 5})


class Journal:
    """Records as storage.journal yields them, newest first."""

    def __init__(self, *records):
        self.records = records

    def newest_first(self):
        for kind, seq, payload in reversed(self.records):
            yield kind, seq, json.dumps(payload).encode() if payload is not None else b"\xff{"


def test_the_journal_is_read_page_by_page_without_a_gap():
    records = []
    for seq in range(1, 41):
        records.append((EVENT, seq, {"event": "offer", "text": "x" * 90}))
        records.append((MARK, seq, {"session": 1}))
        if seq % 4 == 0:
            records.append((SESSION, seq, {"session": seq, "text": "y" * 700}))
    asked = Asked(journal=Journal(*records))
    read, before, pages = [], None, 0
    while pages == 0 or before is not None:
        reply = asked.ask("journal/read", {"before": before} if before else None)
        assert reply["ok"] and len(json.dumps(reply)) < 3_000
        read += [(record["kind"], record["seq"]) for record in reply["value"]["records"]]
        before = reply["value"]["before"]
        pages += 1
        asked.poll(1_000)
    kinds = {EVENT: "event", SESSION: "session"}
    assert read == [(kinds[kind], seq) for kind, seq, _ in reversed(records) if kind != MARK]
    assert pages > 5


def test_so_many_records_and_no_more():
    asked = Asked(journal=Journal(*((EVENT, seq, {"event": "x"}) for seq in range(1, 9))))
    reply = asked.ask("journal/read", {"count": 3, "before": 8})
    assert [record["seq"] for record in reply["value"]["records"]] == [7, 6, 5]
    assert reply["value"]["before"] == 5
    last = asked.ask("journal/read", {"count": 4, "before": 5})["value"]
    assert [record["seq"] for record in last["records"]] == [4, 3, 2, 1] and last["before"] is None


def test_a_record_nobody_can_read_is_told_as_such():
    asked = Asked(journal=Journal((EVENT, 1, None)))
    assert asked.ask("journal/read", None)["value"]["records"][0]["record"] is None


@pytest.mark.parametrize(
    "value", [5, {"a": 1}, {"before": 0}, {"count": 51}, {"count": 0}, {"before": "1"}]
)
def test_a_page_that_makes_no_sense_is_refused(value):
    assert Asked(journal=Journal()).refused("journal/read", value)


def test_without_a_journal_there_is_none_to_read():
    assert Asked().refused("journal/read") == "journal/read: this box has no journal"


@pytest.mark.parametrize("value", [None, "", "x" * 33, 5, True, ["max"]])
def test_a_name_is_needed_to_authorise(value):
    asked = Asked(authorisation="required")
    assert "is not a name" in asked.refused("authorize", value)
    assert asked.requests.authorised_for == NOBODY


def test_where_nobody_must_be_authorised_the_name_is_kept_for_the_record():
    asked = Asked()
    assert asked.ask("authorize", "max")["ok"]
    assert (asked.requests.authorised_by, asked.requests.authorised_for) == ("max", ANYONE)
    assert asked.requests.allows(0) and asked.requests.allows(7)
    asked.poll(60_000)
    assert asked.requests.authorised_by == ""


def test_every_command_of_the_issue_is_there():
    wanted = "enable pause limit schedule authorize unlock reset_faults selftest config/get"
    wanted += " config/set journal/read blackbox/read restart identify"
    assert set(wanted.split()) <= set(COMMANDS)
