"""Announces the box to Home Assistant, again whenever that has started anew."""

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
        self._messages = None

    def forget(self):
        """Announce everything again. The catalogue is loaded for as long as that takes."""
        from cloud import discovery

        self._messages = discovery.messages(self._config, self._board, self._has_lock)

    def poll(self, now_ms):
        """Return the next (topic, payload, retained) to tell, or None."""
        if self._messages is None:
            return None
        message = next(self._messages, None)
        if message is None:
            self._messages = None
            unload(CATALOGUE)
            return None
        return message[0], message[1], True

    def hear(self, topic: str, payload: bytes, retained: bool):
        """A birth that the broker kept is an old one: all was told on connecting."""
        if topic == BIRTH and payload == _BORN and not retained:
            self.forget()
