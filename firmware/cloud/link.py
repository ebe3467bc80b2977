"""The session with the broker: connect, hand over the outbox, listen, and come back after a loss.

Runs in the services' thread. No exchange takes longer than the stream's deadline; whatever goes
wrong inside the protocol code ends the session and starts the wait for the next try. A try that
the chip would have to stand still for waits for its moment (cloud/standstill.py).
"""

import random
import time

from micropython import const

from cloud.client import Client
from cloud.route import Route

_PING_MS = const(15_000)
_SILENT_MS = const(40_000)  # nothing heard for this long, with pings under way: the peer is gone
_WAIT_DOUBLINGS = const(3)  # from the first wait to the longest: the config's reconnect_s
_RECORDS_A_TURN = const(10)
_WORDS_A_TURN = const(3)  # of each speaker
TURN_MS = 500  # a slow broker gets one record a turn: other services want theirs
_WAITING_REPLIES = const(20)


class Link:
    """config: who the box is to the broker, how often it tries. reporter: what there is to say.

    answers: cloud.answers.Answers, for what is heard. route: cloud.route.Route.
    speakers: what else is told: poll(now_ms) returns (topic, payload, retained) or None, forget()
    asks for everything again; the one with `listens` also hears that topic.
    """

    def __init__(self, config, answers, reporter, route=None):
        self._config = config
        self._route = route or Route(config)
        self._longest_wait_ms = config["reconnect_s"] * 1_000
        self._first_wait_ms = self._longest_wait_ms >> _WAIT_DOUBLINGS
        self._answers = answers
        self._reporter = reporter
        self._base = "wallbox/%s/" % config["box_id"]
        self._client = None
        self._is_up = False
        self._wait_ms = self._first_wait_ms
        self._retry_ms = 0
        self._since_ms = None
        self._pinged_ms = 0
        self.speakers = []
        self.losses = 0
        self.last_error = ""

    def is_up(self) -> bool:
        """Return whether a session is established; not yet while it is being made."""
        return self._is_up

    def poll(self, now_ms):
        """Do a little: connect, or take one message and give what is due. now_ms: ticks_ms()."""
        try:
            client = self._client
            if client is None:
                self._reconnect(now_ms)
            else:
                self._converse(client, now_ms)
        except Exception as wrong:  # umqtt.simple raises whatever a bad byte leads to
            self._lose(now_ms, wrong)

    def _reconnect(self, now_ms):
        if self._since_ms is not None:
            if time.ticks_diff(now_ms, self._since_ms) < self._retry_ms:
                return
        if not self._route.is_free():
            if not self._route.waits(now_ms, self._reporter.outbox.is_crowded()):
                self._back_off()
            return
        config = self._config
        client = Client(
            config["box_id"],
            self._route.host(),
            self._route.port(),
            config["broker_user"],
            config["broker_password"],
            self._route,
        )
        client.set_callback(self._hear)
        client.set_last_will(self._base + "availability", "offline", True, 1)
        self._client = client
        client.open()
        client.publish(self._base + "availability", "online", True, 1)
        client.subscribe(self._base + "command/#", 1)
        self._reporter.forget()
        for speaker in self.speakers:
            speaker.forget()
            if hasattr(speaker, "listens"):
                client.subscribe(speaker.listens, 1)
        self._is_up = True
        self._pinged_ms = now_ms
        self._route.arrived()

    def _converse(self, client, now_ms):
        reporter = self._reporter
        client.check_msg()
        replies = self._answers.waiting
        while replies:
            client.publish(self._base + "reply", replies.pop(0))
        self._hand_over(client, reporter.outbox, now_ms)
        state = reporter.state(now_ms)
        if state:
            client.publish(self._base + "state", state, True)
        update = reporter.update()
        if update:
            client.publish(self._base + "update", update, True)
        telemetry = reporter.telemetry(now_ms)
        if telemetry:
            client.publish(self._base + "telemetry", telemetry)
        for speaker in self.speakers:
            self._let_speak(client, speaker, now_ms)
        self._supervise(client, now_ms)

    def _let_speak(self, client, speaker, now_ms):
        for _ in range(_WORDS_A_TURN):
            word = speaker.poll(now_ms)
            if word is None:
                return
            client.publish(*word)

    def _hand_over(self, client, outbox, now_ms):
        for _ in range(_RECORDS_A_TURN):
            record = outbox.peek()
            if record is None:
                return
            suffix, payload, _ = record
            client.publish(self._base + suffix, payload, False, 1)
            outbox.done(record)
            if time.ticks_diff(time.ticks_ms(), now_ms) > TURN_MS:
                return

    def _supervise(self, client, now_ms):
        if time.ticks_diff(now_ms, client.sock.heard_ms) > _SILENT_MS:
            raise OSError("nothing heard")
        if time.ticks_diff(now_ms, self._pinged_ms) >= _PING_MS:
            self._pinged_ms = now_ms
            self._wait_ms = self._first_wait_ms  # not before: a broker may accept and drop at once
            client.ping()

    def _hear(self, topic, payload):
        old = self._client is not None and self._client.was_retained()
        for speaker in self.speakers:
            if hasattr(speaker, "listens") and topic == speaker.listens.encode():
                speaker.hear(speaker.listens, payload, old)
                return
        if len(self._answers.waiting) >= _WAITING_REPLIES:
            raise OSError("commands come faster than they can be answered")
        name = topic.decode()[len(self._base + "command/") :]
        self._answers.hear(name, payload, old)

    def _lose(self, now_ms, wrong):
        """Wait a random part of a doubling span, so that a fleet does not return as one."""
        self.losses += 1
        self._is_up = False
        self.last_error = "%s: %s" % (type(wrong).__name__, wrong)
        if self._client is not None:
            self._client.abandon()
            self._client = None
        self._answers.waiting.clear()
        self._route.done()
        self._route.turn()
        self._back_off()

    def _back_off(self):
        self._since_ms = time.ticks_ms()
        self._retry_ms = random.randint(0, self._wait_ms)
        self._wait_ms = min(self._wait_ms * 2, self._longest_wait_ms)
