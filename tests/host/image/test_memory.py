"""The modules as they are flashed, in a bounded heap: two cars, the console, an update.

The lean machine stands in for the chip, a real broker listens; see tools/box/memory.py.
"""

import pytest

from box import memory

HEAP_KB = 360  # of a 64-bit host; this bound only goes down


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The files of a new box, and the folder that its next release lies in."""
    folder = tmp_path_factory.mktemp("memory")
    return memory.prepare("virtual", folder), folder


@pytest.mark.long
def test_two_cars_the_console_and_an_update_in_a_bounded_heap(prepared):
    figures = memory.measure(HEAP_KB, *prepared)
    assert figures["connected"] and figures["closings"] == 2, figures
    assert (figures["failure"], figures["service_failure"]) == ("", "")
    assert figures["restarted"], "the update did not come to its restart"
    assert figures["from"] == "/a"
    assert figures["rig"] < memory.RIG_KB * 1_024


def test_the_measure_notices_when_it_is_too_small(prepared):
    with pytest.raises(RuntimeError, match="MemoryError"):
        memory.measure(100, *prepared)
