"""Real time for the virtual box: control ticks go on whatever the REPL is doing.

A board runs the control loop in a thread of its own. MicroPython's unix port has threads without
a lock, so here the loop is played between two bytecodes of the engineer's code: a second thread,
which does nothing else and allocates nothing, asks for that every few milliseconds. What it shows:
no Python at the prompt stops the loop or reaches into a tick. What it does not: how late a tick
comes, and what a C call that never returns does; both want a chip.
"""

import _thread
import select
import sys

import micropython
import utime
from world import World

# STRUCK: no ticks until the engineer's code has seen its Ctrl-C; SENT: the host sends it now
IDLE, ASKED, STRUCK, SENT = range(4)
ASK_MS = 4
SETTLED = 2  # asks after which the call that struck has surely returned
PATIENCE = 50  # asks after which a Ctrl-C that code swallowed no longer holds the ticks up
STEP_US = 200_000  # at most so much at once: Ctrl-C must not wait for a slow host
BEHIND_US = 2_000_000
SERVICE_US = 50_000


class LiveWorld(World):
    """Simulated time tied to the wall clock. held: depth of plant code on the engineer's stack."""

    def __init__(self):
        super().__init__()
        self.held = 0
        self.wait = None  # waits until a moment has come, for code that is not the chip's own

    def at(self, due_us, action):
        self.held += 1
        super().at(due_us, action)
        self.held -= 1

    def advance(self, until_us):
        self.held += 1
        try:
            super().advance(until_us)
        finally:
            self.held -= 1

    def stall(self, span_us):
        self.held += 1
        try:
            super().stall(span_us)
        finally:
            self.held -= 1

    def sleep_us(self, span_us):
        """The chip's own sleep moves the clock; everybody else's waits for it."""
        if self.wait is None or not self.wait(self.now_us + span_us):
            super().sleep_us(span_us)


class Clockwork:
    """Drives a world. speed: simulated seconds a second. control, answer: pipes from and to the
    host, see tools/box/serial_port.py."""

    def __init__(self, world, speed, control, answer):
        self._world = world
        self._speed = speed
        self._control = control
        self._write = answer.write
        self._poller = select.poll()
        self._poller.register(control, select.POLLIN)
        self._gate = [IDLE]
        self._busy = 1
        self._struck = 0
        self._locked = 0  # 1: the heap, by a Ctrl-C under way
        self._served_us = 0
        self.running = 0  # 1 while the engineer's code runs
        self.serve = None  # one turn of the services
        self.act = None  # act(signal, value): what a hand at the bench does
        world.wait = self._wait

    def start(self):
        """Let time pass from now on."""
        self.align()
        self._busy = 0
        ask = (self._gate, micropython.schedule, self._asked, self._write, utime.sleep_us)
        _thread.start_new_thread(_ask, ask)

    def align(self):
        """Whatever has not been played by now never happened."""
        self._real_us = 0
        self._ticks = utime.ticks_us()
        self._start_us = self._world.now_us

    def alone(self, function):
        """Run function as the chip's own code: no tick comes in between."""
        self._busy += 1
        try:
            function()
        finally:
            self._busy -= 1

    def strike(self):
        """Interrupt the engineer's code, if any runs."""
        self._struck = 1

    def is_struck(self):
        """Return, once, whether the host has sent a Ctrl-C that nobody took."""
        self.alone(self._listen)
        struck, self._struck = self._struck, 0
        return struck

    def begin(self):
        """The engineer's code starts; a Ctrl-C from before is none of its business."""
        self.alone(self._listen)
        self._struck = 0
        self.running = 1

    def settle(self):
        """The engineer's code has ended: wait for a Ctrl-C under way, which may be raised here.

        Return whether one had been on its way to the code.
        """
        self.running = 0
        was_struck = self._locked
        self._unlock()
        if self._gate[0] == STRUCK:
            self._gate[0] = IDLE
            utime.sleep_ms(1)  # the second thread may just have passed its look at the gate
        while self._gate[0] == SENT:
            utime.sleep_ms(1)
        return was_struck

    def caught(self):
        """The engineer's code has got its Ctrl-C, or has ended without it."""
        self.running = 0
        self._unlock()
        self._world.held = 0
        self._gate[0] = IDLE

    def is_striking(self):
        """Return whether a Ctrl-C is on its way into the engineer's code."""
        return self._locked

    def _unlock(self):
        if self._locked:
            self._locked = 0
            micropython.heap_unlock()

    def _wait(self, until_us):
        if self._busy:
            return False
        while self._world.now_us < until_us:
            utime.sleep_ms(1)
        return True

    def _asked(self, _):
        """Between two bytecodes of whatever runs.

        MicroPython on unix raises KeyboardInterrupt wherever the signal finds it, inside the
        allocator too, which then stays locked. So nothing may allocate until it has come.
        """
        self._unlock()
        if not self._world.held and not self._busy:
            self._drive()
        if not self.running:
            self._struck = 0
        if not self._struck or self._world.held:
            self._gate[0] = IDLE
            return
        self._struck = 0
        self._locked = 1
        micropython.heap_lock()
        self._gate[0] = STRUCK  # from here on no tick, so that the interrupt finds none

    def _drive(self):
        self._busy = 1
        try:
            self._play()
        except Exception as wrong:
            sys.print_exception(wrong)
        self._busy = 0

    def _play(self):
        world = self._world
        ticks = utime.ticks_us()
        self._real_us += utime.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        due_us = self._start_us + self._real_us * self._speed
        if due_us > world.now_us:
            world.sleep_us(min(due_us - world.now_us, STEP_US))
        if due_us - world.now_us > BEHIND_US:
            self.align()
        if world.now_us - self._served_us >= SERVICE_US:
            self._served_us = world.now_us
            self.serve()
        self._listen()

    def _listen(self):
        """Lines from the host: C for Ctrl-C, or signal,value."""
        while self._poller.poll(0):
            line = self._control.readline().decode().strip()
            if line == "C":
                self.strike()
            elif line:
                signal, _, value = line.partition(",")
                self.act(signal, value)


def _ask(gate, schedule, asked, write, sleep):
    """The second thread: allocates nothing, touches nothing but the gate.

    Once no tick can run any more it asks the host for the interrupt of a Ctrl-C.
    """
    patience = 0
    while True:
        sleep(ASK_MS * 1_000)
        if gate[0] == IDLE:
            gate[0] = ASKED
            patience = 0
            schedule(asked, None)
        elif gate[0] >= STRUCK:
            patience += 1
            if patience == SETTLED:
                gate[0] = SENT
                write(b"I")
            elif patience > PATIENCE:
                gate[0] = IDLE
