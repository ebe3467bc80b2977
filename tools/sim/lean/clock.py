"""The one number that lean/machine.py and lean/time.py share."""

now_us = 0
