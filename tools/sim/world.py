"""Simulated time: one clock, one queue of plant events, one control tick.

The firmware's threads are played by one: whenever a service (or the harness) sleeps, the plant's
events and the control ticks that fall into the pause run, in order of time. Inside a tick only the
clock and the plant move.
"""

NEVER_US = 1 << 60


class BoxDied(BaseException):
    """The box that runs has lost its supply or was reset: not another line of it may run."""


class World:
    """now_us: simulated time. next_us: when the next plant event is due, for fast reads."""

    def __init__(self):
        self.now_us = 0
        self.next_us = NEVER_US
        self.tick = None  # called every tick_us while the box has power
        self.tick_us = 9_000
        self.read_us = 35  # what a read of a converter takes: MicroPython 1.15 on an ESP32
        self.pace = None  # called with now_us after each tick: real time waits here
        self.moved_us = 0  # when the plant last did anything
        self.lives = 0  # depth of the box's own code on the stack
        self.is_dying = False  # that code is dead and must be left at once
        self._next_tick_us = 0
        self._queue = []
        self._order = 0

    def at(self, due_us: int, action):
        """Call action() when the clock reaches due_us; same time: in the order of asking."""
        self._order += 1
        entry = (due_us, self._order, action)
        place = len(self._queue)
        while place and self._queue[place - 1][:2] > entry[:2]:
            place -= 1
        self._queue.insert(place, entry)
        self.next_us = self._queue[0][0]

    def advance(self, until_us: int):
        """Move the clock, running the plant's events on the way. Never runs a tick.

        Raises BoxDied after an event that ended the box whose code is on the stack.
        """
        while self.next_us <= until_us:
            due_us, _, action = self._queue.pop(0)
            self.next_us = self._queue[0][0] if self._queue else NEVER_US
            self.now_us = self.moved_us = max(self.now_us, due_us)
            action()
            self.leave_dead()
        self.now_us = max(self.now_us, until_us)

    def leave_dead(self):
        """Raise BoxDied if the box whose code is on the stack has come to its end."""
        if self.is_dying:
            raise BoxDied

    def stall(self, span_us: int):
        """Let the chip stand still for span_us: the plant goes on, the next tick comes late."""
        self.advance(self.now_us + span_us)
        self._next_tick_us = max(self._next_tick_us, self.now_us)

    def sleep_us(self, span_us: int):
        """Let span_us pass: plant, ticks, pace."""
        until_us = self.now_us + span_us
        while self.tick and self._next_tick_us <= until_us:
            self.advance(self._next_tick_us)
            if not self.tick:
                break
            self._next_tick_us += self.tick_us
            self.tick()
            if self.pace:
                self.pace(self.now_us)
        self.advance(until_us)

    def start_ticks(self, tick):
        self.tick = tick
        self._next_tick_us = self.now_us

    def stop_ticks(self):
        self.tick = None


current = None
