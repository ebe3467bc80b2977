"""A bundle from a web server: HTTP/1.1 over TLS, one range of bytes at a time, and it never waits.

A connection serves many ranges. Whatever the line does is tried again, later each time; what
asking again cannot mend (no such file, another length, a redirect) is one ValueError. Redirects
are not followed: the fleet names the place, and nobody else.
"""

import errno
import random
import select
import socket
import time

PATIENCE_MS = 20_000  # for one range, the connection and its handshake included
FIRST_WAIT_MS, LONGEST_WAIT_MS = 2_000, 600_000
LONGEST_HEAD = 2_048
LONGEST_URL = 250
BUSY = (errno.EAGAIN, errno.EINPROGRESS)
PORTS = {"https": 443, "http": 80}
PASSING = (408, 429)  # of the 4xx: ask again
ASK = "GET %s HTTP/1.1\r\nHost: %s:%d\r\nRange: bytes=%d-%d\r\nUser-Agent: wallbox\r\n\r\n"


def parsed(url: str):
    """Return (scheme, host, port, path). Raises ValueError unless https, or http to itself."""
    if not isinstance(url, str):
        raise ValueError("update/begin.url: not a str")
    scheme, _, rest = url.partition("://")
    if len(url) > LONGEST_URL or not all("!" <= c <= "~" for c in url):
        raise ValueError("update/begin.url: not 1 to %d plain characters" % LONGEST_URL)
    place, _, path = rest.partition("/")
    host, _, port = place.partition(":")
    if scheme not in PORTS or not host or "@" in place or not (port.isdigit() or port == ""):
        raise ValueError("update/begin.url: not https://host[:port]/path")
    if scheme == "http" and host not in ("localhost", "127.0.0.1"):
        raise ValueError("update/begin.url: not without TLS")
    return scheme, host, int(port or PORTS[scheme]), "/" + path.partition("#")[0]


class Source:
    """Where a download comes from. download: update.download.Download with a url.

    secured(raw, host): a TLS socket over raw, before its handshake. most: bytes of a piece.
    why: what went wrong last, "" once a piece has come.
    """

    def __init__(self, download, secured, most: int):
        self._download = download
        self._scheme, self._host, self._port, self._path = parsed(download.url)
        self._secured = secured
        self._most = most
        self._raw = None
        self._socket = None  # with TLS around it
        self._since_ms = self._wait_ms = 0
        self._span_ms = FIRST_WAIT_MS
        self._forget()
        self.why = ""

    def poll(self, now_ms) -> bool:
        """Do a little. Return whether a piece has come: then it is on the flash.

        Raises ValueError, and OSError if the flash does not take it.
        """
        if self._wait_ms and time.ticks_diff(now_ms, self._since_ms) < self._wait_ms:
            return False
        try:
            piece = self._go_on(now_ms)
        except (OSError, MemoryError) as wrong:
            self._lose(now_ms, wrong)
            return False
        if piece is None:
            return False
        self._span_ms = FIRST_WAIT_MS
        self.why = ""
        self._download.append(piece)
        return True

    def _lose(self, now_ms, wrong):
        """Try again later, each box at a time of its own."""
        self.close()
        self.why = "%s: %s" % (self._host, str(wrong) or "no memory")
        self._since_ms = now_ms
        self._wait_ms = random.randint(self._span_ms >> 1, self._span_ms)
        self._span_ms = min(self._span_ms * 2, LONGEST_WAIT_MS)

    def close(self):
        for opened in (self._socket, self._raw):
            if opened:
                opened.close()
        self._raw = self._socket = None
        self._forget()

    def _forget(self):
        self._rest = self._heard = b""
        self._is_asked = False

    def _go_on(self, now_ms):
        """Return the next piece once it is whole, else None."""
        at, size = self._download.have, self._download.size
        count = min(self._most, size - at)
        if not self._is_asked:
            self._is_asked = True
            self._wait_ms, self._since_ms = 0, now_ms
            where = (self._path, self._host, self._port, at, at + count - 1)
            self._rest = (ASK % where).encode()
        if time.ticks_diff(now_ms, self._since_ms) > PATIENCE_MS:
            raise OSError("no answer in %d s" % (PATIENCE_MS // 1_000))
        if self._socket is None:
            self._connect()
        elif self._rest:
            self._give(self._socket)
        else:
            return self._take(self._socket, at, count, size)
        return None

    def _connect(self):
        """Begin to, or see whether it has come about. The look-up of the name may wait."""
        if self._raw is None:
            address = socket.getaddrinfo(self._host, self._port)[0][-1]
            raw = self._raw = socket.socket()
            raw.setblocking(False)
            try:
                raw.connect(address)
            except OSError as wrong:
                if wrong.errno not in BUSY:
                    raise wrong
        poller = select.poll()
        poller.register(self._raw, select.POLLOUT)
        if poller.poll(0):
            is_plain = self._scheme == "http"
            self._socket = self._raw if is_plain else self._secured(self._raw, self._host)

    def _give(self, line):
        """With TLS the first bytes carry the handshake: a step of it a turn.

        A certificate that is not believed is a ValueError of the port's. It may be the network's,
        or the clock's: worth another try.
        """
        try:
            self._rest = self._rest[line.write(self._rest) or 0 :]
        except ValueError as wrong:
            raise OSError(str(wrong).strip())
        except OSError as wrong:
            if wrong.errno not in BUSY:
                raise wrong

    def _take(self, line, at, count, size):
        """Read what is there. Return the piece when the answer is whole."""
        while self._read(line, LONGEST_HEAD + count - len(self._heard)):
            end = self._heard.find(b"\r\n\r\n") + 4
            if end < 4:
                continue
            head = self._heard[:end].decode().lower()
            check_head(head, "bytes %d-%d/" % (at, at + count - 1), count, size)
            if len(self._heard) >= end + count:
                return self._whole(head, end, count)
        return None

    def _read(self, line, most) -> bool:
        if most <= 0:
            raise ValueError("update: the server's answer is too long")
        try:
            more = line.read(most)
        except OSError as wrong:
            if wrong.errno not in BUSY:
                raise wrong
            return False
        if more == b"":
            raise OSError("the server closed before the end")
        self._heard += more or b""
        return more is not None

    def _whole(self, head, end, count):
        piece = self._heard[end:]
        if "\r\nconnection: close" in head or len(piece) > count:
            self.close()
        self._forget()
        return piece[:count]


def check_head(head: str, wanted: str, count: int, size: int):
    """Raise ValueError unless this is the range that was asked for; OSError if it may yet be."""
    words = head.split("\r\n", 1)[0].split(" ")
    if len(words) < 2 or not words[0].startswith("http/1.") or not words[1].isdigit():
        raise ValueError("update: what answers is no web server")
    status = int(words[1])
    if status >= 500 or status in PASSING:
        raise OSError("the server says %d" % status)
    if 300 <= status < 400:
        raise ValueError("update: the server redirects (%d): name the last address" % status)
    if status == 200:
        raise ValueError("update: the server gives no ranges")
    if status != 206:
        raise ValueError("update: the server says %d" % status)
    told = field(head, "content-range")
    if not told.startswith(wanted):
        raise ValueError("update: the server gives another range: %s" % told[:40])
    if told[len(wanted) :] != str(size):
        raise ValueError(
            "update: %s bytes at the server, announced: %d" % (told[len(wanted) :][:20], size)
        )
    if field(head, "content-length") != str(count):
        raise ValueError("update: the server tells no length, or another")


def field(head: str, name: str) -> str:
    for line in head.split("\r\n")[1:]:
        if line.startswith(name + ":"):
            return line[len(name) + 1 :].strip()
    return ""
