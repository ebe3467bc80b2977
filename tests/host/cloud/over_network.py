"""MicroPython side of the tests against real brokers: micropython over_network.py JOB.json.

A link with the job's config tells `events` events over the real network and answers commands until
its outbox is empty, or `turns` are over. Prints one JSON line of how it went.
"""

import json
import socket
import sys
import time

import utime
import world as worlds
from exchange import Requests
from rig import answers, reporter
from world import World

from cloud.link import Link
from cloud.outbox import Outbox
from state.events import OFFER, Events
from storage.config import Config

PAUSE_MS = 50


def main(job):
    worlds.current = world = World()
    socket.broker = None
    config = Config()
    for name, value in job["config"].items():
        config.set(name, value)
    requests, events = Requests(), Events()
    reports = reporter(config, requests, events)
    reports.outbox = Outbox(capacity=5_000)
    link = Link(config, answers(config, requests), reports)
    longest_us = longest_ms = 0
    for turn in range(job["turns"]):
        if turn < job["events"]:
            events.emit(OFFER, 160, 0)
            events.stamp(time.ticks_ms())
        reports.poll()
        start_us, start_ms = utime.ticks_us(), time.ticks_ms()
        link.poll(time.ticks_ms())
        longest_us = max(longest_us, utime.ticks_diff(utime.ticks_us(), start_us))
        longest_ms = max(longest_ms, time.ticks_diff(time.ticks_ms(), start_ms))
        world.sleep_us(PAUSE_MS * 1_000)
        utime.sleep_ms(job["pause_ms"])
        if turn > job["events"] and link.is_up() and not len(reports.outbox):
            break
    told = {"up": link.is_up(), "losses": link.losses, "why": link.last_error}
    told["enabled"] = requests.enabled
    told["waiting"] = len(reports.outbox)
    told["longest_us"], told["longest_ms"] = longest_us, longest_ms  # of real time; of the box's
    print(json.dumps(told))


with open(sys.argv[1]) as file:
    main(json.load(file))
