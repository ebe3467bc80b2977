"""A flash that shows, before each of its operations, what a cut of that one would leave."""

from plant.flash import Flash

TORN = (0.0, 0.5, 0.99)  # shares of an operation that still happen, in turn


class Torn(Flash):
    """A flash whose next operation is cut, without a word."""

    def _pass(self, span_us, is_cut):
        self.cut_at = -1


class Watched(Flash):
    """before(copy, k) is called with what a cut of the k-th operation would leave."""

    before = None

    def __init__(self, sectors, stall=None):
        Flash.__init__(self, sectors, stall)
        self.copy = Torn(sectors)

    def writeblocks(self, block, buf, offset=None):
        self._split(lambda flash: flash.writeblocks(block, buf, offset))
        Flash.writeblocks(self, block, buf, offset)

    def ioctl(self, command, argument):
        if command == 6:
            self._split(lambda flash: flash.ioctl(command, argument))
        return Flash.ioctl(self, command, argument)

    def _split(self, operation):
        if not self.before:
            return
        copy = self.copy
        copy._cells[:] = self._cells
        copy.operations = 0
        copy.cut_at, copy.torn = 1, TORN[self.operations % len(TORN)]
        operation(copy)
        self.before(copy, self.operations + 1)
