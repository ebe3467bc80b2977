"""Which way onto a chip fits: the arithmetic of the one pool that everything takes memory from.

Python's heap, the stacks of its threads, Wi-Fi and TLS share what MicroPython leaves of a chip's
memory. A way fits when its least heap fits what the other three leave. One row a chip and PSRAM.
"""

from typing import NamedTuple

from box.compiled import BuildError

KB = 1_024
MEASURED, ARITHMETIC = "measured", "arithmetic"
STACKS = 2 * 8 * KB  # firmware/reservation.py
FROZEN, MODULES = "frozen", "modules"
# way: bytes of Python's heap that the whole application takes at least, with two sessions and an
# update. Measured on a 32-bit unix port of MicroPython 1.25.0 with 32-bit floats, not on a chip.
LEAST_HEAP = {MODULES: 232 * KB, FROZEN: 98 * KB}  # make heap, 2026-11-30


class Pool(NamedTuple):
    """What a chip has for Python. All in bytes; wifi: once connected; tls: one session."""

    chip: str
    psram_mb: int  # at least
    pool: int
    wifi: int
    tls: int
    confidence: str
    source: str

    def left(self) -> int:
        """Return the bytes that are left for Python's heap."""
        return max(0, self.pool - STACKS - self.wifi - self.tls)


# Emulated chips with MicroPython's official images, in November 2026: neither the radio nor the
# speed of PSRAM was real. With PSRAM, Wi-Fi and TLS still take internal memory, of which 106 KB
# were left beside Wi-Fi on the ESP32-S3.
POOLS = (
    Pool("esp32", 0, 194_000, 42_000, 30_200, MEASURED, "emulated ESP32, 1.25.0 and 1.26.1"),
    Pool("esp32", 2, 2_000_000, 42_000, 30_200, ARITHMETIC, "the row above and 1.8 MB of PSRAM"),
    Pool("esp32s2", 0, 56_000, 42_000, 30_200, ARITHMETIC, "esp32s3, 192 KB less on the chip"),
    Pool("esp32s2", 2, 1_900_000, 42_000, 30_200, ARITHMETIC, "the row above and 1.8 MB of PSRAM"),
    Pool("esp32s3", 0, 252_000, 45_500, 24_600, ARITHMETIC, "parts measured on an emulated S3"),
    Pool("esp32s3", 2, 2_300_000, 45_500, 6_300, ARITHMETIC, "parts measured on an emulated S3"),
)


def pool_of(board) -> Pool:
    """Return the row of a board's chip and PSRAM."""
    psram_mb = getattr(board, "PSRAM_MB", 0)
    return [row for row in POOLS if row.chip == board.CHIP and row.psram_mb <= psram_mb][-1]


def ways(board) -> list:
    """Return the ways that fit a board's pool, those first that take MicroPython's own image."""
    left = pool_of(board).left()
    return [way for way, least in LEAST_HEAP.items() if least <= left]


def check(board, way: str):
    """Raise BuildError, which names the way that can, unless this way fits the board's pool."""
    fitting = ways(board)
    if way in fitting:
        return
    others = "%s (docs/build.md)" % fitting[0] if fitting else "modules on a chip with PSRAM"
    raise BuildError(
        "%s: %s take %d KB of heap, %s leaves %d (%s); the way that can: %s; --unproven overrides"
        % (
            *(board.NAME, way, LEAST_HEAP[way] // KB, chip_of(board)),
            *(pool_of(board).left() // KB, pool_of(board).confidence, others),
        )
    )


def chip_of(board) -> str:
    """Return "an esp32 without PSRAM", for people."""
    psram_mb = getattr(board, "PSRAM_MB", 0)
    return "an %s %s" % (
        board.CHIP,
        "with %d MB of PSRAM" % psram_mb if psram_mb else "without PSRAM",
    )


def report(board) -> str:
    """Return the arithmetic of a board's pool, a line for the chip and one for each way."""
    row = pool_of(board)
    lines = [
        "pool: %s: %d KB; stacks %d, Wi-Fi %d, a TLS session %d; %d are left (%s: %s)"
        % (
            *(chip_of(board), row.pool // KB, STACKS // KB, row.wifi // KB, row.tls // KB),
            *(row.left() // KB, row.confidence, row.source),
        )
    ]
    for way, least in LEAST_HEAP.items():
        verdict = "fits" if least <= row.left() else "does not fit"
        lines.append("pool: %s: %d KB at least, %s" % (way, least // KB, verdict))
    return "\n".join(lines)
