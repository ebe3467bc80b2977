"""Serves the setup page over plain HTTP: a few connections, each short, none waited for.

A wrong key makes the next try wait, twice as long each time; after _LONGEST_WAIT_MS of it a
person has gone away and a machine gets eleven tries an hour.
"""

import socket
import time

from micropython import const

from setup import form

PORT = 80
_MOST = const(3)  # browsers open a spare connection or two
_PATIENCE_MS = const(5_000)  # for a whole exchange
_PIECE = const(512)
_FIRST_WAIT_MS = const(1_000)
_LONGEST_WAIT_MS = const(320_000)


class PageServer:
    """config: storage.config.Config with a setup_key. on_saved(): called after a change.

    Raises OSError if the port cannot be had.
    """

    def __init__(self, config, on_saved, host="0.0.0.0", port=PORT):
        self._config = config
        self._on_saved = on_saved
        self._wait_ms = 0
        self._refused_ms = None
        self._visitors = []
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(socket.getaddrinfo(host, port)[0][-1])
        self._socket.listen(_MOST)
        self._socket.setblocking(False)

    def poll(self, now_ms):
        """Take who knocks, and do a little for each visitor. now_ms: ticks_ms()."""
        if len(self._visitors) < _MOST:
            self._welcome(now_ms)
        for visitor in list(self._visitors):
            try:
                visitor.poll(now_ms, self.answer)
            except OSError:
                visitor.is_done = True  # gone; it may come again
            if visitor.is_done:
                visitor.close()
                self._visitors.remove(visitor)

    def close(self):
        for visitor in self._visitors:
            visitor.close()
        self._visitors = []
        self._socket.close()

    def answer(self, request: bytes, now_ms) -> bytes:
        """Return the whole answer to a whole request; save what it asks for."""
        try:
            method, fields = form.parsed(request)
            if method == "GET":
                return form.page()
            self._save(fields, now_ms)
        except form.Refused as wrong:
            return form.page(wrong.text, wrong.status)
        except (ValueError, OSError) as wrong:
            return form.page("Not saved: %s" % wrong, "400 Bad Request")
        return form.page("Saved. The box now starts anew.", form=False)

    def _save(self, fields, now_ms):
        if self._refused_ms is not None and self._wait_ms:
            if time.ticks_diff(now_ms, self._refused_ms) < self._wait_ms:
                raise form.Refused("429 Too Many", "Wait a little after a wrong key.")
        key = self._config["setup_key"]
        if not key or not form.is_same(fields.get(form.KEY, ""), key):
            self._refused_ms = now_ms
            self._wait_ms = min(max(self._wait_ms * 2, _FIRST_WAIT_MS), _LONGEST_WAIT_MS)
            raise form.Refused("403 Forbidden", "This is not the key on the label.")
        self._wait_ms = 0
        if fields.get(form.RESET):
            self._config.reset()
        else:
            self._config.set_all(form.changes(fields, self._config))
        self._on_saved()

    def _welcome(self, now_ms):
        try:
            connection = self._socket.accept()[0]
        except OSError:
            return  # nobody
        connection.setblocking(False)
        self._visitors.append(Visitor(connection, now_ms))


class Visitor:
    """One connection: what has come of its request, what is left of its answer."""

    def __init__(self, connection, now_ms):
        self._connection = connection
        self._since_ms = now_ms
        self._request = b""
        self._answer = b""
        self.is_done = False

    def poll(self, now_ms, answer):
        """Raises OSError when the other side is gone."""
        if time.ticks_diff(now_ms, self._since_ms) > _PATIENCE_MS:
            self.is_done = True
        elif self._answer:
            self._give()
        else:
            self._take(now_ms, answer)

    def _take(self, now_ms, answer):
        piece = received(self._connection)
        if piece is None:
            return
        if not piece:
            self.is_done = True
            return
        self._request += piece
        try:
            if not form.is_whole(self._request):
                return
            self._answer = answer(self._request, now_ms)
        except form.Refused as wrong:
            self._answer = form.page(wrong.text, wrong.status)
        self._request = b""

    def _give(self):
        try:
            sent = self._connection.send(self._answer[:_PIECE])
        except OSError as wrong:
            if wrong.errno not in BUSY:
                raise wrong
            return
        self._answer = self._answer[sent or 0 :]
        self.is_done = not self._answer

    def close(self):
        self._connection.close()


BUSY = (11, 115)  # EAGAIN, EINPROGRESS


def received(connection):
    """Return what has arrived, b"" at the end, None when there is nothing yet."""
    try:
        return connection.recv(_PIECE)
    except OSError as wrong:
        if wrong.errno in BUSY:
            return None
        raise wrong  # bare, the native emitter does not know it
