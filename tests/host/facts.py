"""A core that was told facts and has not run a step: for asking its checks and conditions."""

from state.core import Core
from state.records import Inputs
from state.settings import Settings


def core_with(facts):
    """facts: {"pilot.letter": 2, ...}, of fields that there are."""
    core = Core(Settings(), Inputs())
    for path, value in facts.items():
        *parts, name = path.split(".")
        thing = core
        for part in parts:
            thing = getattr(thing, part)
        assert hasattr(thing, name), path
        setattr(thing, name, value)
    return core
