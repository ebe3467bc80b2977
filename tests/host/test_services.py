"""A service that fails costs its own turn and nobody else's."""

import time
from types import SimpleNamespace

import pytest
import services

NAMES = [name for name, _ in services.TENDED + services.OTHERS]


class Part:
    """Any part of a box: whatever is called on it is noted; fails where it is told to."""

    def __init__(self, name, polled, failing):
        self._name, self._polled, self._failing = name, polled, failing

    def poll(self, *_):
        self._polled.append(self._name)
        if self._name in self._failing:
            raise ValueError("flash")

    def report(self):
        return None

    def is_due(self):
        return False

    def is_up(self):
        return True


@pytest.fixture
def box():
    """A box of which each part notes its turn in `polled` and fails while it is in `failing`."""
    polled, failing, told = [], [], []
    parts = "reporter clock book recovery checkpoints signing permission standstill updates"
    parts += " link setup answers station network_time"
    found = SimpleNamespace(**{name: Part(name, polled, failing) for name in parts.split()})
    found.route = SimpleNamespace(is_free=lambda: True)
    found.snapshot, found.control = None, SimpleNamespace(failure=None)
    found.errands, found.failed_services, found.service_failure = [], [], None
    found.pauses = {}
    found.polled, found.failing, found.told, found.tell = polled, failing, told, told.append
    return found


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    monkeypatch.setattr(time, "ticks_diff", lambda new, old: new - old, raising=False)


def serve(box, now_ms=0):
    services.turns(box, services.TENDED, now_ms)
    services.turns(box, services.OTHERS, now_ms)


def test_every_part_has_its_turn_and_the_one_that_may_restart_is_last(box):
    serve(box)
    own = {*NAMES} - {"console", "network"}
    assert sorted(box.polled) == sorted({"network_time", "station"} | own)
    assert box.polled[-1] == "answers" and box.service_failure is None


@pytest.mark.parametrize("name", NAMES[1:-4])
def test_the_others_go_on_and_it_is_told_once(box, name):
    serve(box)
    all_of_them, box.polled[:] = box.polled[:], []
    box.failing.append(name)
    serve(box, 1_000)
    serve(box, 2_000)  # the pause of those that wait is over by then
    assert box.polled == all_of_them * 2
    assert box.told == [
        {"event": "service_failed", "service": name, "text": "ValueError('flash')"}
    ]
    assert repr(box.service_failure) == "ValueError('flash')"


def test_a_reporter_that_cannot_tell_of_itself_stops_nobody(box):
    def tell(_):
        raise OSError("full")

    box.tell = tell
    box.failing += ["reporter", "book"]
    serve(box)
    assert {"permission", "standstill", "answers"} <= set(box.polled)
    assert box.failed_services == ["reporter", "book"]


def test_an_errand_is_done_once_or_until_it_is_through(box):
    answers = [True, True, False]
    box.errands.append(lambda: answers.pop(0))
    for _ in range(5):
        serve(box)
    assert answers == [] and box.errands == []


@pytest.mark.parametrize("name", services.PATIENT)
def test_what_the_box_can_do_without_is_tried_less_and_less_often(box, name):
    part = {"network": "station"}.get(name, name)
    box.failing.append(part)
    tried_ms = []
    for now_ms in range(0, 5_000_000, 250):
        box.polled.clear()
        serve(box, now_ms)
        if part in box.polled:
            tried_ms.append(now_ms)
        assert {"recovery", "checkpoints", "clock"} <= set(box.polled)
    pauses_s = [(b - a) // 1_000 for a, b in zip(tried_ms, tried_ms[1:])]
    assert pauses_s == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    box.failing.clear()
    serve(box, 6_000_000)
    box.polled.clear()
    serve(box, 6_000_050)
    assert part in box.polled  # it went well: every turn again


def test_a_register_that_fails_is_tried_in_every_turn(box):
    box.failing.append("checkpoints")
    for now_ms in (0, 50, 100):
        serve(box, now_ms)
    assert box.polled.count("checkpoints") == 3
