"""The first act after any reset: contactor open, pilot at steady +12 V. Then all else starts.

A soft reset leaves pins and the oscillator as they were, so nothing may come before this but
taking no Ctrl-C: an interrupt (`mpremote resume` sends one) would leave the contactor closed, or
half an application. What is typed meanwhile waits for the prompt, to which a board with
REPL_LOCKED never comes.

Everything starts from here and not from a /main.py, which MicroPython leaves out after a soft
reset from the raw REPL, mpremote's: the box would stand still until the watchdog bites.
"""

import micropython

micropython.kbd_intr(-1)

import time

import board
from machine import PWM, RTC, WDT, Pin, reset_cause

Pin(board.CONTACTOR["request"], Pin.OUT, value=0)
PWM(Pin(board.CONTROL_PILOT["pwm"]), freq=1_000, duty_u16=65_535)
if "disconnect" in board.CONTROL_PILOT:  # high, as its pull-up leaves it, cuts the pilot
    Pin(board.CONTROL_PILOT["disconnect"], Pin.OUT, value=0)

import slots

try:
    from app_partitions import enter  # the application is frozen
except ImportError:
    from slots import enter

enter(slots.crash(reset_cause(), RTC().memory()), WDT)

if __name__ == "__main__":
    import start_guard

    start_guard.start(slots.current)
    while getattr(board, "REPL_LOCKED", 0):
        time.sleep(1)
    micropython.kbd_intr(3)
