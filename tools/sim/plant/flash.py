"""NOR flash as the chip sees it: erase makes 0xFF, programming clears bits, a cut tears either.

Times: 45 ms a 4 KB sector (typical of GD25Q32 and W25Q32, up to 400 ms), 0.6 ms a page of 256
bytes; while they pass nothing else runs on the chip.
"""

import micropython

SECTOR = 4_096
PAGE = 256
ERASE_MS = 45
PROGRAM_US = 600
BLOCK_COUNT, BLOCK_SIZE, BLOCK_ERASE = 4, 5, 6
BLANK = b"\xff" * SECTOR


@micropython.native
def clear(cells, at, buf, length):
    """Clear the bits of cells that are clear in buf."""
    for k in range(length):
        cells[at + k] = cells[at + k] & buf[k]


class PowerCut(BaseException):
    """The supply is gone in the middle of an operation."""


class Flash:
    """An extended block device, as esp32.Partition.

    sectors: how many of 4 KB. stall(us): lets the time of an operation pass. cut_at: number of the
    operation, counted from 1, that does not end; torn: share of it that still happens, 0..1; what:
    its name. counts: the flash that numbers the operations of both, if not this one. on_erase():
    called before every erase.
    """

    def __init__(self, sectors: int, stall=None):
        self._cells = bytearray(BLANK * sectors)
        self._stall = stall
        self.sectors = sectors
        self.operations = 0
        self.erases = [0] * sectors
        self.programmed = 0  # bytes
        self.cut_at = -1
        self.torn = 0.5
        self.what = ""
        self.counts = self
        self.on_erase = None

    def readblocks(self, block, buf, offset=0):
        at = block * SECTOR + offset
        if at + len(buf) > len(self._cells):
            raise OSError(5)
        buf[:] = memoryview(self._cells)[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        """Without an offset the blocks are erased first, as by esp32.Partition."""
        if offset is None:
            for k in range(len(buf) // SECTOR):
                self.ioctl(BLOCK_ERASE, block + k)
        at = block * SECTOR + (offset or 0)
        if at + len(buf) > len(self._cells):
            raise OSError(5)
        length = self.counts._operate(len(buf), "program")
        clear(self._cells, at, buf, length)
        self.programmed += length
        self._pass(PROGRAM_US * (1 + len(buf) // PAGE), length < len(buf))

    def ioctl(self, command, argument):
        if command == BLOCK_COUNT:
            return self.sectors
        if command == BLOCK_SIZE:
            return SECTOR
        if command == BLOCK_ERASE:
            if self.on_erase:
                self.on_erase()
            length = self.counts._operate(SECTOR, "erase")
            at = argument * SECTOR
            self._cells[at : at + length] = BLANK[:length]
            self.erases[argument] += 1
            self._pass(ERASE_MS * 1_000, length < SECTOR)
            return 0
        return None

    def flip(self, bit: int):
        """Turn one bit over: what radiation, age or a bug does."""
        self._cells[bit >> 3] ^= 1 << (bit & 7)

    def _operate(self, length, what):
        """Return how much of an operation on so many bytes happens."""
        self.operations += 1
        if self.operations != self.cut_at:
            return length
        self.what = what
        return min(int(length * self.torn), length - 1)

    def _pass(self, span_us, is_cut):
        if is_cut:
            raise PowerCut
        if self._stall:
            self._stall(span_us)
