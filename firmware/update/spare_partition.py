"""Where an update goes on a frozen box: a whole image into the app partition that does not run.

Its first block is erased first and written last: whenever this is cut, the partition holds no
image, and the one that runs was never touched. The chip itself checks the image once more, with
the checksum and hash inside it, before it is told to start it.
"""

from binascii import hexlify
from hashlib import sha256

from update.bundle import CHUNK, IMAGE, chunks
from update.room import check_download

BLOCK = 4_096
BLOCK_COUNT, BLOCK_ERASE = 4, 6  # of ioctl


class SparePartition:
    """chosen: app_partitions.AppPartitions."""

    def __init__(self, chosen):
        self._chosen = chosen
        self._spare = chosen.spare_partition()

    def check_size(self, size: int, have: int):
        """Raise ValueError unless there is a second partition, and room for the download.

        have: bytes of a download that count among the size, or that go before it comes.
        """
        if self._spare is None:
            raise ValueError("update: by cable only: this box has one app partition")
        check_download(self._chosen.root, size, have)

    def check(self, bundle, file, here, have: int):
        """Raise ValueError unless this bundle can be installed here. file: the bundle, opened.

        Which MicroPython it wants does not matter: the image brings its own.
        """
        self.check_size(bundle.size, have)
        room = self._spare.ioctl(BLOCK_COUNT, 0) * BLOCK
        for _, size, name in bundle.files(file):
            if name != IMAGE:
                raise ValueError("bundle: modules, this box wants an image")
            if size > room:
                raise ValueError("bundle: an image of %d bytes, room for %d" % (size, room))

    def install(self, part: str, bundle):
        """Fill the partition, a step a next(). part: path of the bundle's file.

        Raises OSError, and ValueError if the flash does not hold what was written.
        """
        spare = self._spare
        spare.ioctl(BLOCK_ERASE, 0)
        yield
        with open(part, "rb") as source:
            for digest, size, _ in bundle.files(source):
                start = source.tell()
                for first, end in ((BLOCK, size), (0, min(BLOCK, size))):
                    source.seek(start + first)
                    for step in copy(source, spare, first, end):
                        yield step
                held = sha256()
                for step in read(spare, size, held):
                    yield step
                if hexlify(held.digest()).decode() != digest:
                    spare.ioctl(BLOCK_ERASE, 0)
                    raise ValueError("update: the flash does not hold what was written")

    def begin_trial(self, before: dict, version: str):
        """Let the partition run from the next reset on. Raises ValueError, OSError."""
        self._chosen.begin_trial(before, version)


def copy(source, spare, at: int, end: int):
    """Write source's next bytes to the partition's from at to end, a chunk a step."""
    for chunk in chunks(source, max(0, end - at), IMAGE):
        block, offset = at // BLOCK, at % BLOCK
        if not offset:
            spare.ioctl(BLOCK_ERASE, block)
        spare.writeblocks(block, chunk, offset)
        at += len(chunk)
        yield


def read(spare, size: int, digest):
    """Give the partition's first size bytes to digest, a chunk a step."""
    whole = memoryview(bytearray(CHUNK))
    for at in range(0, size, CHUNK):
        chunk = whole[: min(CHUNK, size - at)]
        spare.readblocks(at // BLOCK, chunk, at % BLOCK)
        digest.update(chunk)
        yield
