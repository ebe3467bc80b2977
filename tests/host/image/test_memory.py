"""The application in a small heap: compiled, everything on, two cars charging, an update.

From a ROM file system in memory.MUST_KB, as on a MicroPython that has one; from LittleFS, which
leaves its bytecode in the heap, in FROM_SLOT_KB, and that bound only goes down.
`make bench B=memory` has the figures.
"""

import pytest

from box import board as boards
from box import firmware, memory
from box.compiled import BuildError

FROM_SLOT_KB = 300
MOST_POOLS = 6  # the seventh asks for as much again as all of them, in one piece


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The files of a new box, and the folder that its next release lies in."""
    folder = tmp_path_factory.mktemp("memory")
    return memory.prepare("virtual", folder), folder


def check_all_went_well(figures):
    assert figures["connected"] and figures["closings"] == 2, figures
    assert (figures["failure"], figures["service_failure"]) == ("", "")
    assert figures["restarted"], "the update did not come to its restart"
    assert figures["pools"] <= MOST_POOLS, "%(names)d names" % figures


@pytest.mark.long
def test_the_whole_application_runs_in_200_kb_from_a_rom_file_system(prepared):
    figures = memory.measure(memory.MUST_KB, *prepared, memory.ROM_BYTES)
    check_all_went_well(figures)
    assert figures["from"] == "/rom"
    assert figures["rig"] < memory.RIG_KB * 1_024 + memory.ROM_BYTES
    assert figures["most"] - figures["rig"] < memory.MUST_KB * 1_024


@pytest.mark.long
def test_from_its_slot_it_runs_in_a_bounded_heap_too(prepared):
    figures = memory.measure(FROM_SLOT_KB, *prepared)
    check_all_went_well(figures)
    assert figures["from"] == "/a"
    assert figures["rig"] < memory.RIG_KB * 1_024


def test_the_measure_notices_when_it_is_too_small(prepared):
    with pytest.raises(RuntimeError, match="MemoryError"):
        memory.measure(100, *prepared)


def test_the_build_weighs_the_heap_and_fails_above_its_budget(monkeypatch):
    assert firmware.check_heap("esp32_generic").startswith("heap: ")
    monkeypatch.setattr(firmware, "HEAP_KB", 100)
    with pytest.raises(BuildError, match="^heap: [0-9]+ KB of 100"):
        firmware.check_heap("esp32_generic")


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in boards.names() if name != "esp32_generic"])
def test_every_boards_application_starts_from_slot_and_rom_within_its_budget(name):
    assert firmware.check_heap(name).startswith("heap: ")
