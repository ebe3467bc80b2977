"""Config: defaults, ranges, a file that may be anything, secrets that are never shown."""

import json

import pytest

from storage import config as configs
from storage.config import FIELDS, VERSION, Config, checked
from storage.config_texts import TEXTS


def test_every_setting_says_what_it_is_for():
    assert list(TEXTS) == list(FIELDS) and all(TEXTS.values())


@pytest.mark.parametrize("name", FIELDS)
def test_every_default_is_allowed(name):
    assert checked(name, FIELDS[name][0]) == FIELDS[name][0]


@pytest.mark.parametrize("name", [n for n, row in FIELDS.items() if isinstance(row[0], int)])
def test_every_range_is_kept(name):
    _, lowest, highest = FIELDS[name]
    assert checked(name, lowest) == lowest
    assert checked(name, highest) == highest
    for value in (lowest - 1, highest + 1):
        with pytest.raises(ValueError, match="config %s: value" % name):
            checked(name, value)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("nothing", 1, "config nothing: unknown"),
        ("broker_port", "1883", "'1883' is not a whole number"),
        ("broker_port", True, "True is not a whole number"),
        ("box_id", "", "length 0"),
        ("box_id", "a/b", "one of / + #"),
        ("box_id", "x" * 33, "length 33"),
    ],
)
def test_a_wrong_value_is_named_and_changes_nothing(tmp_path, name, value, said):
    path = tmp_path / "config.json"
    config = Config(str(path))
    config.set("installer_limit_a", 20)
    before = path.read_text()
    with pytest.raises(ValueError) as wrong:
        config.set(name, value)
    assert said in str(wrong.value)
    assert path.read_text() == before


def test_values_survive_a_restart(tmp_path):
    path = str(tmp_path / "config.json")
    Config(path).set("installer_limit_a", 20)
    assert Config(path)["installer_limit_a"] == 20


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "\x00\xff"])
def test_a_broken_file_means_complaints_and_no_more_current_than_is_surely_safe(tmp_path, text):
    path = tmp_path / "config.json"
    path.write_text(text)
    config = Config(str(path))
    assert (config["installer_limit_a"], config["safe_current_a"]) == (6, 0)
    assert config["telemetry_s"] == 10
    assert len(config.complaints) == 3


def test_one_bad_value_does_not_spoil_the_others(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(
        json.dumps({"installer_limit_a": 999, "safe_current_a": 10, "wake_signals": 9})
    )
    config = Config(str(path))
    assert (config["installer_limit_a"], config["safe_current_a"]) == (6, 10)
    assert config["wake_signals"] == 1
    assert len(config.complaints) == 2


def test_a_name_of_a_later_version_outlives_this_one(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"version": 9, "invented_later": 5, "telemetry_s": 20}))
    config = Config(str(path))
    assert config.complaints == []
    config.set("telemetry_s", 30)
    stored = json.loads(path.read_text())
    assert (stored["invented_later"], stored["telemetry_s"]) == (5, 30)


def test_an_old_file_is_read_under_the_new_names(tmp_path, monkeypatch):
    monkeypatch.setattr(configs, "RENAMED", {0: {"report_s": "telemetry_s"}})
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"report_s": 44, "box_id": "old"}))
    config = Config(str(path))
    assert (config["telemetry_s"], config["box_id"]) == (44, "old")
    config.set("wake_signals", 2)
    stored = json.loads(path.read_text())
    assert stored["version"] == VERSION and stored["telemetry_s"] == 44
    assert "report_s" not in stored


def test_a_factory_reset_keeps_the_box_and_the_installation(tmp_path):
    path = str(tmp_path / "config.json")
    config = Config(path)
    for name, value in (("box_id", "b7"), ("installer_limit_a", 16), ("open_pen", 1)):
        config.set(name, value)
    config.set("broker_password", "hunter2")
    config.reset()
    for found in (config, Config(path)):
        assert (found["box_id"], found["installer_limit_a"], found["open_pen"]) == ("b7", 16, 1)
        assert found["broker_password"] == ""


def test_a_full_disk_changes_nothing(tmp_path, monkeypatch):
    path = str(tmp_path / "config.json")
    config = Config(path)
    config.set("telemetry_s", 20)

    def full(*_):
        raise OSError(28, "No space left")

    monkeypatch.setattr(configs.os, "rename", full)
    with pytest.raises(OSError):
        config.set("telemetry_s", 30)
    assert config["telemetry_s"] == Config(path)["telemetry_s"] == 20


def test_secrets_are_not_shown(tmp_path):
    config = Config()
    config.set("broker_password", "hunter2")
    assert "hunter2" not in str(config.shown())
    assert config["broker_password"] == "hunter2"
