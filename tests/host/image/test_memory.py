"""The application in a small heap: compiled, connected to a broker, two cars charging.

The bound only goes down. design.md wants 200 KB.
"""

import pytest

from box import memory

BOUND_KB = 300


@pytest.mark.parametrize("board", ["virtual"])
def test_the_whole_application_runs_in_a_bounded_heap(board, tmp_path):
    figures = memory.measure(board, BOUND_KB, tmp_path)
    assert figures["connected"] and figures["closings"] == 2, figures
    assert figures["failure"] == ""
    assert figures["rig"] < memory.RIG_KB * 1_024


def test_the_measure_notices_when_it_is_too_small(tmp_path):
    with pytest.raises(RuntimeError, match="MemoryError"):
        memory.measure("virtual", 100, tmp_path)
