"""The app partitions of a box whose application is frozen into MicroPython.

One of them runs, the boot loader chose it; the other one is where an update goes. With one
partition only, as on 4 MB of flash, an update comes by cable. Which one is good and which is on
trial is kept in our own record, since not every boot loader goes back by itself. One that does
(ESP-IDF's app rollback) ends a trial at its first reset. Without it the trial ends at a crash, at
an error, or after three starts without a verdict.
"""

import sys

# Only a box whose application is frozen has it: elsewhere this whole file is an ImportError.
import _stamp  # type: ignore  # noqa: F401
import slots
from esp32 import Partition
from machine import reset

LABEL = 4  # in Partition.info()
FROZEN = ".frozen"


class AppPartitions(slots.Record):
    """running, good, trial: labels of partitions."""

    def __init__(self, root: str):
        slots.Record.__init__(self, root)
        self._partition = partition(Partition.RUNNING)
        self.running = label_of(self._partition)

    def spare_partition(self):
        """Return the esp32.Partition that an update goes into, None if there is no second one."""
        try:
            found = self._partition.get_next_update()
        except OSError:
            return None
        return None if label_of(found) == self.running else found

    def choose(self, crashed: str):
        """Count a trial's boot, or end the trial. crashed: as slots.crash() says.

        The boot loader has chosen already: to let another one run takes a reset.
        """
        try:
            self._judge(crashed)
        except OSError:  # a flash that takes no more cannot count boots either
            self.trial = ""
            self._return_to_good()
        if self.is_on_trial():
            return
        if self.good != self.running:
            reset()
        self._mark_valid()

    def make_ready(self):
        """Let no file hide what is frozen: MicroPython looks into the root first."""
        sys.path[:] = [FROZEN] + [place for place in sys.path if place != FROZEN]

    def begin_trial(self, before: dict, version: str):
        """Let the spare partition run from the next reset on. version: of what is in it.

        Raises OSError if the flash does not take the record, ValueError if the chip refuses what
        is in the partition.
        """
        spare = self.spare_partition()
        if spare is None:
            raise ValueError("update: there is one app partition only")
        self.good, self.trial, self.boots = self.running, label_of(spare), 0
        self.before, self.version = before, version
        self.keep()
        try:
            spare.set_boot()
        except OSError as wrong:
            self.trial = ""
            self.keep()
            raise ValueError("update: the chip refuses the image: %s" % wrong)

    def confirm(self):
        """The application on trial is healthy: from now on it is the good one."""
        self._mark_valid()  # first: a cut between the two leaves a trial that goes on
        slots.Record.confirm(self)

    def give_up(self, why: str):
        """End the trial: from the next reset on the good one runs."""
        self.failed, self.why = self.version, why
        self._return_to_good()  # first: a cut between the two is seen as a trial that did not stay
        self.trial = ""
        self.keep()

    def _judge(self, crashed):
        if self.is_on_trial():
            why = self.verdict(crashed)
            if why:
                self.give_up(why)
            else:
                self.boots += 1
                self.keep()
        elif self.trial:
            self.give_up("it did not stay: the boot loader runs the one before")
        else:
            self._return_to_good()

    def _return_to_good(self):
        """Let the good one run from the next reset on; without one, what runs is good."""
        good = self.good or self.running
        try:
            # Its name in otadata is not enough: a boot loader passes by what is not whole, and
            # set_boot() looks at the image.
            if good != self.running or label_of(partition(Partition.BOOT)) != good:
                partition(good).set_boot()
        except OSError:  # it is not whole any more, or there is one partition only
            good = self.running
        self.good = good

    def _mark_valid(self):
        """Tell a boot loader that goes back by itself not to. It marks what it chose."""
        try:
            if label_of(partition(Partition.BOOT)) == self.running:
                Partition.mark_app_valid_cancel_rollback()
        except OSError:
            return  # it does not go back by itself, or there is one partition only


def enter(crashed_by: str, watchdog=None):
    """Choose between the partitions. Called by boot.py, as slots.enter() is with slots."""
    slots.enter(crashed_by, watchdog, AppPartitions)


def partition(which) -> Partition:
    """Return the partition of a label, or that of Partition.RUNNING or BOOT. Raises OSError."""
    return Partition(which)


def label_of(partition) -> str:
    return partition.info()[LABEL]
