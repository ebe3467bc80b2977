"""Prove that a control tick allocates nothing: micropython heap_of_tick.py OUT.csv.

Plugs a car in, charges it, changes its offer, makes it stop, shorts the pilot, unplugs it: with
the heap locked during every tick. An allocation by the firmware raises MemoryError inside the
tick, which ends in the fault barrier. The plant may allocate: it is let out of the lock, with its
reads of the mains too, whose microseconds are big integers on 32 bits.
"""

import sys

import board
import micropython
from bench import Bench
from world import World

from plant.mains import Channel
from plant.pilot_circuit import PilotCircuit
from plant.plant import Node

STEPS = (
    (5_000, "ev.cp_ohm", "2740"),
    (7_000, "ev.cp_ohm", "882"),
    (7_000, "ev.current_a", "16"),
    (9_000, "ev.cp_ohm", "2740"),
    (12_000, "ev.cp_ohm", "882"),
    (15_000, "limit.house", "10"),
    (21_000, "ev.cp_ohm", "0"),
    (22_000, "ev.cp_ohm", "open"),
)
locked = [0]
shuffle = PilotCircuit.shuffle


def outside(method):
    """Return a method of two arguments as the plant runs it: with the heap free."""

    def free(owner, value):
        was = unlock()
        try:
            return method(owner, value)
        finally:
            relock(was)

    return free


def read_outside(read_uv):
    def free(channel):
        was = unlock()
        try:
            return read_uv(channel)
        finally:
            relock(was)

    return free


def unlock():
    was = locked[0]
    if was:
        micropython.heap_unlock()
        locked[0] = 0
    return was


def relock(was):
    if was:
        locked[0] = 1
        micropython.heap_lock()


def shuffled(circuit):
    """The pilot's noise is dealt anew outside the lock."""
    was = unlock()
    try:
        return shuffle(circuit)
    finally:
        relock(was)


def main(out):
    Node.write = outside(Node.write)
    World.advance = outside(World.advance)
    PilotCircuit.shuffle = shuffled
    Channel.read_uv = read_outside(Channel.read_uv)
    bench = Bench(board, {}, 1, out)
    ticks = [0]
    bench.world.at(1_000_000, lambda: lock(bench.box.control, ticks))
    for t_ms, signal, value in STEPS:
        bench.world.at(t_ms * 1_000, bench.action(signal, value))
    bench.calm.allowed = False
    bench.run([], 25_000)
    print("%d ticks with a locked heap" % ticks[0])
    sys.exit(0 if ticks[0] > 2_000 else 1)


def lock(control, ticks):
    tick = control.tick

    def locked_tick():
        ticks[0] += 1
        locked[0] = 1
        micropython.heap_lock()
        tick()
        micropython.heap_unlock()
        locked[0] = 0
        if control.failure:
            sys.print_exception(control.failure)
            sys.exit(1)

    control.tick = locked_tick


main(sys.argv[1])
