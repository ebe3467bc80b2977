"""The chip of the virtual board: how it starts, what a reset leaves, what stays on its flash."""

import builtins
import gc
import os
import sys

import board
import machine
import micropython
import utime
import vfs
from bench import Bench

from plant import ev_battery
from plant.flash import Flash
from plant.plant import Node
from plant.watched_flash import Watched

SOFT_RESET_US = 100_000  # from the prompt to boot.py's first line; estimated
SERVICE_US = 50_000


class Stand:
    """`import stand` at the virtual board's REPL: what hands do at the bench."""

    def __init__(self, bench):
        self._bench = bench

    def set(self, signal, value):
        """Any input signal of a scenario: stand.set("ev.cp_ohm", 882)."""
        self._bench.action(signal, str(value))()


class Chip(Bench):
    """A bench whose box starts as on a board: boot.py, config.json.

    waiting: the work of the firmware's threads, each an empty list until it begins.
    """

    def __init__(self, world, job):
        super().__init__(board, {}, job["seed"], job["out"], world)
        self.calm.allowed = False
        self.stand = Stand(self)
        self.clockwork = None
        self.repl = None
        self.loops = {"service_loop": self._services_start, "control_loop": self._control_starts}
        self._started = False
        self._flash = (Watched if job["cuts"] else Flash)(job["sectors"], self._stall)
        self._image, self._cuts = job["image"], job["cuts"]
        self._has_application, self._load_ms = job["application"], job["load_ms"]
        self.waiting = []
        self._firmware = ()
        Node.write = guarded(world, Node.write)

    def mount(self, files, root):
        """Give the chip its own root with the files [(name, text), ...]; /.app is the firmware.

        With an image of a flash, what it holds instead.
        """
        if self._image:
            with open(self._image, "rb") as file:
                file.readinto(self._flash._cells)
        else:
            vfs.VfsLfs2.mkfs(self._flash)
        vfs.umount("/")
        vfs.mount(vfs.VfsLfs2(self._flash), "/")
        places = ("tools/virtual_board", "tools/sim", "firmware", "boards/virtual", "build/lib")
        names = ("/.chip", "/.sim", "/.app", "/.board", "/lib")
        for name, place in zip(names, places):
            vfs.mount(vfs.VfsPosix("%s/%s" % (root, place)), name)
        ev_battery.__file__ = "/.sim/plant/ev_battery.py"  # where it finds the recordings now
        os.chdir("/")
        sys.path[:] = ["/.chip", "/.sim", "/.app", "/.board", "", ".frozen", "/lib"]
        if not self._has_application:
            sys.path.remove("/.app")
        self._firmware = [name.partition(".")[0] for name in os.listdir("/.app")] + ["board"]
        for name, text in () if self._image else files:
            with open("/" + name, "w") as file:
                file.write(text)
        self._started = True

    def watch(self):
        """From here on leave an image of the flash in the job's folder for each way to cut it."""
        if self._cuts:
            vfs.mount(vfs.VfsPosix(self._cuts), "/.cuts")
            self._flash.before = keep_image

    def pass_time(self, until_us):
        """Let a little time pass, before the wall clock rules."""
        self.world.sleep_us(min(SERVICE_US, until_us - self.world.now_us))
        self.serve()

    def serve(self):
        """One turn of the services, as their thread would take it."""
        if self.box:
            self._live(lambda: sys.modules["main"].serve_guarded(self.box))
        self.signals.flush()

    def soft_reset(self):
        """Python starts anew; pins, oscillator, watchdog and the plant go on as they were."""
        self.clockwork.alone(self._restart_python)

    def _restart_python(self):
        self.world.stop_ticks()
        self.world.advance(self.world.now_us + SOFT_RESET_US)
        self.plant.reset_cause = machine.SOFT_RESET
        self._boot()

    def _boot(self):
        self.box = None
        self.waiting.clear()
        for name in list(sys.modules):
            if name.partition(".")[0] in self._firmware:
                del sys.modules[name]
        gc.collect()
        self._run_boot()
        for work in self.waiting:
            if work:
                self.loops[work[0].__name__](work[1])
        if self.clockwork:
            self.clockwork.align()

    def _run_boot(self):
        """boot.py, as MicroPython runs it: a Ctrl-C interrupts it unless it forbids that.

        Loading takes no simulated time; it takes real time, so that somebody may type meanwhile.
        """
        ordinary = builtins.__import__

        def slow(*named):
            if named[0] != "micropython":  # which no file has
                utime.sleep_ms(self._load_ms)
            if self.clockwork and self.clockwork.is_struck():
                raise KeyboardInterrupt
            return ordinary(*named)

        if self._load_ms:
            self.clockwork.is_struck()  # what came before this start is none of its business
            builtins.__import__ = slow
        micropython.kbd_intr(3)
        run_file("boot.py")
        # what ran when the watchdog bit has still to end, by the Ctrl-C that strike() asks for
        micropython.kbd_intr(3 if self.clockwork and self.clockwork.running else -1)
        builtins.__import__ = ordinary

    def _services_start(self, box):
        self.box = box
        box.reporter.listeners.append(self._event)

    def _control_starts(self, control):
        self.world.start_ticks(self._tick)

    def _restart(self):
        """The watchdog or machine.reset(): whatever ran is gone."""
        self.clockwork.alone(super()._restart)
        self.repl.was_reset = True
        self.clockwork.strike()

    def _stall(self, span_us):
        if self._started:
            self.world.stall(span_us)


def keep_image(flash, k):
    with open("/.cuts/%d.img" % k, "wb") as file:
        file.write(flash._cells)


def run_file(name):
    """Run a file of the root as the chip does after a reset: its error is shown, no more."""
    try:
        with open("/" + name) as file:
            source = file.read()
    except OSError:
        return
    try:
        exec(compile(source, name, "exec"), {"__name__": "__main__"})
    except (Exception, KeyboardInterrupt) as wrong:
        sys.print_exception(wrong)


def guarded(world, method):
    """Return a method during which no tick may come in between."""

    def write(owner, value):
        world.held += 1
        method(owner, value)
        world.held -= 1

    return write
