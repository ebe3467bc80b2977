"""Announces the box to Home Assistant, again whenever that has started anew.

The catalogue is loaded for as long as that takes. Where it finds no memory the session with the
broker goes on without it, and it is tried again after growing pauses.
"""

from backoff import Backoff
from micropython import const
from unloading import unload

BIRTH = "homeassistant/status"  # its birth and last will
_BORN = const(b"online")
CATALOGUE = "cloud.discovery"


class HomeAssistant:
    """config: storage.config.Config. board: name of the board. has_lock: of the board.

    listens: the topic it wants to hear.
    """

    listens = BIRTH

    def __init__(self, config, board, has_lock):
        self._config = config
        self._board = board
        self._has_lock = has_lock
        self._is_due = False
        self._messages = None
        self._pause = Backoff()

    def forget(self):
        """Announce everything again."""
        if not self._is_due:
            self._pause.succeed()
        self._is_due = True
        self._messages = None

    def poll(self, now_ms):
        """Return the next (topic, payload, retained) to tell, or None."""
        if not self._is_due or not self._pause.is_over(now_ms):
            return None
        message = None
        try:
            message = self._next()
        except MemoryError:
            self._pause.fail(now_ms)
            self._messages = None
        else:
            self._is_due = message is not None
        if message is None:
            self._messages = None
            unload(CATALOGUE)
            return None
        return message[0], message[1], True

    def _next(self):
        if self._messages is None:
            from cloud import discovery

            self._messages = discovery.messages(self._config, self._board, self._has_lock)
        return next(self._messages, None)

    def hear(self, topic: str, payload: bytes, retained: bool):
        """A birth that the broker kept is an old one: all was told on connecting."""
        if topic == BIRTH and payload == _BORN and not retained:
            self.forget()
