"""docs/mqtt.asyncapi.yaml against the AsyncAPI Initiative's own schema of the format."""

import copy
import json
import sys

import jsonschema
import pytest
import yaml
from contract_of_mqtt import ASYNCAPI

ROOT = ASYNCAPI.parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import npm_package  # noqa: E402

PACKAGE = "@asyncapi/specs@6.11.1"  # 0.35 MB
SCHEMA = "schemas/2.6.0.json"
SHA256 = "4b0bfe579e3c98a1da14db72bbd22a446ae23d5ae347ec7873a4cb488e446583"
LIMIT = "wallbox/{box_id}/command/limit"


@pytest.fixture(scope="module")
def validator():
    try:
        path = npm_package.fetch(ROOT / "build" / "asyncapi", PACKAGE, SCHEMA, SHA256)
    except (OSError, RuntimeError) as wrong:
        pytest.skip(str(wrong))
    return jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(ASYNCAPI.read_text(encoding="utf-8"))


def test_the_document_is_what_its_version_says(validator, document):
    wrong = ["%s: %s" % (list(e.path), e.message) for e in validator.iter_errors(document)]
    assert not wrong, wrong[:5]
    assert len(document["channels"]) > 40


def without_title(document):
    del document["info"]["title"]


def with_a_channels_misspelling(document):
    document["channels"][LIMIT]["publishes"] = {}


def with_a_payload_that_is_no_schema(document):
    document["channels"][LIMIT]["publish"]["message"]["payload"]["type"] = "amperes"


def with_another_version(document):
    document["asyncapi"] = "3.0.0"


@pytest.mark.parametrize(
    "spoil",
    [
        without_title,
        with_a_channels_misspelling,
        with_a_payload_that_is_no_schema,
        with_another_version,
    ],
)
def test_the_schema_notices(validator, document, spoil):
    spoilt = copy.deepcopy(document)
    spoil(spoilt)
    assert not validator.is_valid(spoilt)


def test_every_parameter_of_a_channel_is_described_and_used(document):
    """What the schema can not say."""
    for name, channel in document["channels"].items():
        assert ["{%s}" % parameter for parameter in channel["parameters"]] == ["{box_id}"], name
        assert name.count("{") == name.count("{box_id}") == 1, name
