"""A web server of the fleet's with every bad habit a server can have, by the folder of a path."""

import http.server
import re
import ssl
import threading
import time
from collections import defaultdict

CUT_AFTER = 700  # bytes of a piece


class Web(http.server.ThreadingHTTPServer):
    """content: the file behind every path. certificate: (PEM, key), None: without TLS.

    asked: {path: [(first, last), ...]} of the ranges that were asked for.
    """

    daemon_threads = True

    def __init__(self, content, certificate=None):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content = content
        self.asked = defaultdict(list)
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)

    def url(self, habit, host="127.0.0.1"):
        scheme = "https" if self.tls else "http"
        return "%s://%s:%d/%s/one.bundle" % (scheme, host, self.server_port, habit)

    def finish_request(self, request, client_address):
        """In the visitor's own thread: a handshake holds nobody else up."""
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        """A visitor that does not trust us is no error of ours."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        first, last = map(int, re.match(r"bytes=(\d+)-(\d+)$", self.headers["Range"]).groups())
        asked = self.server.asked[self.path]
        asked.append((first, last))
        piece = self.server.content[first : last + 1]
        habit = self.path.split("/")[1]
        getattr(self, habit)(piece, first, len(asked))

    def answer(self, piece, first, status=206, size=None, **heads):
        size = len(self.server.content) if size is None else size
        self.send_response(status)
        told = "bytes %d-%d/%d" % (first, first + len(piece) - 1, size)
        for name, value in {"Content_Range": told, "Content_Length": len(piece), **heads}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def good(self, piece, first, _):
        self.answer(piece, first)
        self.wfile.write(piece)

    def cut(self, piece, first, turn):
        """Every third answer ends within its piece."""
        self.answer(piece, first)
        if turn % 3:
            self.wfile.write(piece)
        else:
            self.wfile.write(piece[:CUT_AFTER])
            self.close_connection = True

    def truncated(self, piece, first, _):
        self.answer(piece, first)
        self.wfile.write(piece[:-1])
        self.close_connection = True

    def single(self, piece, first, _):
        """A connection for each piece."""
        self.answer(piece, first, Connection="close")
        self.wfile.write(piece)

    def slow(self, piece, first, turn):
        """The first answer comes too late, all others in two parts."""
        self.answer(piece, first)
        self.wfile.write(piece[:CUT_AFTER])
        time.sleep(1.0 if turn == 1 else 0.02)
        self.wfile.write(piece[CUT_AFTER:])

    def busy(self, piece, first, turn):
        if turn % 2:
            self.answer(b"", 0, 503)
        else:
            self.good(piece, first, turn)

    def longer(self, piece, first, _):
        self.answer(piece, first, size=len(self.server.content) + 1)
        self.wfile.write(piece)

    def redirect(self, *_):
        self.answer(b"", 0, 302, Location=self.path.replace("redirect", "good"))

    def missing(self, *_):
        self.answer(b"", 0, 404)

    def rangeless(self, piece, first, _):
        self.answer(piece, first, 200)
        self.wfile.write(piece)

    def elsewhere(self, piece, first, _):
        self.answer(piece, first + 1)
        self.wfile.write(piece)

    def chunked(self, piece, first, _):
        self.answer(piece, first, Content_Length=None, Transfer_Encoding="chunked")
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(piece), piece))

    def talkative(self, piece, first, _):
        self.answer(piece, first, X_Talk="x" * 5_000)

    def dumb(self, *_):
        self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")

    def spoiled(self, piece, first, _):
        self.answer(piece, first)
        self.wfile.write(piece[:-1] + bytes([piece[-1] ^ 1]))
