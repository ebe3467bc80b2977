"""The application in a small heap: compiled, everything on, two cars charging, an update.

The bound only goes down. The goal is 200 KB; `make bench B=memory` has the figure.
"""

import pytest

from box import firmware, memory
from box.compiled import BuildError

BOUND_KB = 300


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The files of a new box, and the folder that its next release lies in."""
    folder = tmp_path_factory.mktemp("memory")
    return memory.prepare("virtual", folder), folder


@pytest.mark.long
def test_the_whole_application_runs_in_a_bounded_heap(prepared):
    figures = memory.measure(BOUND_KB, *prepared)
    assert figures["connected"] and figures["closings"] == 2, figures
    assert (figures["failure"], figures["service_failure"]) == ("", "")
    assert figures["restarted"], "the update did not come to its restart"
    assert figures["rig"] < memory.RIG_KB * 1_024


def test_the_measure_notices_when_it_is_too_small(prepared):
    with pytest.raises(RuntimeError, match="MemoryError"):
        memory.measure(100, *prepared)


def test_the_build_weighs_the_heap_and_fails_above_its_budget(monkeypatch):
    assert firmware.check_heap("esp32_generic").startswith("heap: ")
    monkeypatch.setattr(firmware, "HEAP_KB", 100)
    with pytest.raises(BuildError, match="^heap: [0-9]+ KB of 100"):
        firmware.check_heap("esp32_generic")
