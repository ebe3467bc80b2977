"""On MicroPython: the setup network over real sockets, with a radio that only takes notes.

serve.py PORT CONFIG.json: prints a line when it is ready and one when the box would restart.
"""

import sys
import time

from setup.access_point import AccessPoint
from setup.page_server import PageServer
from storage.config import Config

LONGEST_MS = 60_000


class Radio:
    def __init__(self):
        self.facts = {}

    def active(self, on):
        print("active", on)

    def config(self, name=None, **facts):
        if name:
            return self.facts[name]
        self.facts.update(facts)
        print("network", facts["ssid"], facts["key"], facts["security"])


def restart():
    print("restart")
    sys.exit(0)


def main(port, path):
    def serve(config, on_saved):
        return PageServer(config, on_saved, "127.0.0.1", port)

    start_ms = time.ticks_ms()
    point = AccessPoint(Radio, Config(path), restart, serve)
    while time.ticks_diff(time.ticks_ms(), start_ms) < LONGEST_MS:
        point.poll(time.ticks_ms())
        time.sleep_ms(2)


main(int(sys.argv[1]), sys.argv[2])
