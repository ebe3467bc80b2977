"""Config: defaults, ranges, a file that may be anything, secrets that are never shown."""

import json

import pytest

from storage.config import FIELDS, Config, checked


@pytest.mark.parametrize("name", FIELDS)
def test_every_default_is_allowed(name):
    assert checked(name, FIELDS[name][0]) == FIELDS[name][0]


@pytest.mark.parametrize("name", [n for n, row in FIELDS.items() if isinstance(row[0], int)])
def test_every_range_is_kept(name):
    _, lowest, highest, _ = FIELDS[name]
    assert checked(name, lowest) == lowest
    assert checked(name, highest) == highest
    for value in (lowest - 1, highest + 1):
        with pytest.raises(ValueError, match="config %s: value" % name):
            checked(name, value)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("nothing", 1, "config nothing: unknown"),
        ("broker_port", "1883", "'1883' is not a int"),
        ("broker_port", True, "True is not a int"),
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
def test_a_broken_file_means_defaults_and_a_complaint(tmp_path, text):
    path = tmp_path / "config.json"
    path.write_text(text)
    config = Config(str(path))
    assert config["installer_limit_a"] == 32
    assert len(config.complaints) == 1


def test_one_bad_value_does_not_spoil_the_others(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"installer_limit_a": 999, "safe_current_a": 10, "x": 1}))
    config = Config(str(path))
    assert (config["installer_limit_a"], config["safe_current_a"]) == (32, 10)
    assert len(config.complaints) == 2


def test_secrets_are_not_shown(tmp_path):
    config = Config()
    config.set("broker_password", "hunter2")
    assert "hunter2" not in str(config.shown())
    assert config["broker_password"] == "hunter2"
