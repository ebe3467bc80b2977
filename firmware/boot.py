"""The first act after any reset: contactor open, pilot at steady +12 V. Then the slot is chosen.

A soft reset leaves pins and the oscillator as they were, so nothing may come before this. A board
with REPL_LOCKED then takes no Ctrl-C and never comes to a prompt.
"""

import time

import board
import micropython
from machine import PWM, RTC, WDT, Pin, reset_cause

Pin(board.CONTACTOR["request"], Pin.OUT, value=0)
PWM(Pin(board.CONTROL_PILOT["pwm"]), freq=1_000, duty_u16=65_535)
if "disconnect" in board.CONTROL_PILOT:  # high, as its pull-up leaves it, cuts the pilot
    Pin(board.CONTROL_PILOT["disconnect"], Pin.OUT, value=0)

LOCKED = getattr(board, "REPL_LOCKED", 0)
if LOCKED:
    micropython.kbd_intr(-1)

import slots

try:
    from app_partitions import enter  # the application is frozen
except ImportError:
    from slots import enter

enter(slots.crash(reset_cause(), RTC().memory()), WDT)

if __name__ == "__main__":
    # After a soft reset from the raw REPL, which is mpremote's, MicroPython leaves main.py out:
    # the box would stand still until the watchdog bites.
    with open("main.py") as file:
        exec(file.read(), {"__name__": "__main__"})
    while LOCKED:
        time.sleep(1)
