"""The loop of the control thread keeps its period and does not run after lost time."""

import json
import subprocess

from box import mpy

SCRIPT = """
import json
import machine, world, board
from plant.plant import Plant
world.current = world.World()
machine.plant = Plant(world.current, board, 1, lambda name, value: None)
import time
from main import sleep_until
next_ms, woke = time.ticks_ms(), []
for busy_ms in (1, 8, 0, 9, 600, 1, 1):
    time.sleep_ms(busy_ms)
    next_ms = sleep_until(next_ms, 9)
    woke.append(time.ticks_ms())
print(json.dumps(woke))
"""


def test_the_period_holds_and_a_stall_is_not_made_up_for():
    result = subprocess.run(
        [mpy.binary(), "-X", "heapsize=8M", "-c", SCRIPT],
        env=mpy.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == [9, 18, 27, 36, 636, 645, 654]
