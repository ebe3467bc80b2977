"""Reading a meter on a bus allocates nothing: every driver runs with the heap locked."""

import subprocess

import pytest

from box import mpy

SCRIPT = """
import micropython
from drivers.atm90e32 import Atm90e32
from drivers.bl0942 import Bl0942
from drivers.sdm630 import Sdm630, crc

class Line:  # of answers made beforehand, eight bytes a tick
    def __init__(self, answers):
        self.answers, self.turn, self.given = answers, -1, 0
    def any(self):
        return min(8, len(self.answers[self.turn]) - self.given) if self.turn >= 0 else 0
    def readinto(self, buffer, count=64):
        answer = self.answers[self.turn]
        for k in range(count):
            buffer[k] = answer[self.given + k]
        self.given += count
        return count
    def write(self, question):
        self.turn = (self.turn + 1) % len(self.answers)
        self.given = 0
    def txdone(self):
        return True

class Chip:
    def __init__(self):
        self.last, self.register, self.turn = 0, 0, 0
    def write(self, word):
        self.register = word[1]
    def readinto(self, word):
        if self.register != 0x78:
            self.last = 1 if self.register == 0 else (self.turn + 1) & 0x3FF
            self.turn = self.last
        word[0] = self.last >> 8
        word[1] = self.last & 255

def framed(count):
    head = bytes([1, 4, count] + [0x42, 0x48, 0x00, 0x00] * (count // 4))
    check = crc(head, len(head))
    return head + bytes([check & 255, check >> 8])

def packet(address):
    power_to_status = [0, 16, 0, 0, 0, 0, 0x20, 0x4E, 0, 0, 0, 0]
    body = bytes([0x55] + [1, 2, 3] * 3 + power_to_status)
    return body + bytes([~(0x58 + address + sum(body)) & 255])

def select(level=0):
    pass

meters = {
    "atm90e32": lambda: Atm90e32(Chip(), select, [1, 1, 1], [1, 1, 1]),
    "bl0942": lambda: Bl0942(Line([packet(0), packet(1), packet(2)]), 3, 3981, 62962),
    "sdm630": lambda: Sdm630(Line([framed(36), framed(4), framed(12)]), enable=select),
}
meter = meters["NAME"]()
for k in range(1000):
    micropython.heap_lock()
    meter.sample(1, 9)
    micropython.heap_unlock()
print(meter.valid, meter.refused, meter.ready)
"""


@pytest.mark.flashed
@pytest.mark.parametrize("name", ["atm90e32", "bl0942", "sdm630"])
def test_a_thousand_ticks_allocate_nothing(name):
    ran = subprocess.run(
        [mpy.binary(), "-X", "heapsize=1M", "-c", SCRIPT.replace("NAME", name)],
        env=mpy.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.split() == ["1", "0", "1"]
