"""One phase of the mains in a tick, in machine code: its three reads, and what they add up to.

Native code does not hand MicroPython's lock over: voltage, current and voltage of one moment stay
together whatever another thread does. A file of its own, since MicroPython 1.25 on the ESP32 did
not bear native code in a large module; tests/host/drivers/test_native.py counts such files.
"""

import micropython

COUNT = 6  # of the sums: i, u, i*i, u*u, i*u, i*slope


@micropython.native
def read(reads, read_i, read_u):
    """Fill reads with voltage, current, voltage, in microvolts as the functions return them."""
    reads[0] = read_u()
    reads[1] = read_i()
    reads[2] = read_u()


@micropython.native
def add(sums, i, u, slope):
    """Add a tick's current, voltage and slope to a phase's sums."""
    sums[0] += i
    sums[1] += u
    sums[2] += i * i
    sums[3] += u * u
    sums[4] += i * u
    sums[5] += i * slope
