"""The one page of the setup network, and what it sends back. Bytes in, bytes out; no sockets.

The page shows no value of the config. A change needs the key from the box's label in the same
request, so neither a neighbour's browser nor another site can make one.
"""

from micropython import const

_LONGEST = const(2_048)  # of a request, head and body
# field of the config: what the page calls it, its input type
INPUTS = (
    ("wifi_ssid", "Wi-Fi network", "text"),
    ("wifi_key", "Its key", "password"),
    ("broker_host", "MQTT broker", "text"),
    ("broker_port", "Its port", "number"),
    ("broker_user", "Its user", "text"),
    ("broker_password", "Its password", "password"),
    ("installer_limit_a", "Limit of the installation, amperes; only lower", "number"),
    ("timezone", "Time zone, POSIX", "text"),
)
NAMES = [name for name, _, _ in INPUTS]
KEY, RESET = "setup_key", "reset"
_INSTALLED = const("installer_limit_a")
HEAD = (
    "HTTP/1.0 %s\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
    "X-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'none'; "
    "style-src 'unsafe-inline'; form-action 'self'\r\nContent-Length: %d\r\n"
    "Connection: close\r\n\r\n"
)
PAGE = (
    "<!DOCTYPE html><meta name=viewport content='width=device-width'><title>Wallbox</title>"
    "<style>body{font:16px sans-serif;max-width:24em;margin:1em auto}"
    "input{width:100%%;margin:2px 0 12px}</style><h1>Wallbox</h1><p>%s</p>%s"
)
_WELCOME = const("What is left empty stays as it is.")


class Refused(Exception):
    """status: of HTTP, with its words. text: one sentence for the page."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.text = text


def is_whole(request: bytes) -> bool:
    """Return whether the request has arrived. Raises Refused when it will be too long."""
    end = request.find(b"\r\n\r\n")
    if end < 0:
        if len(request) >= _LONGEST:
            raise Refused("413 Too Large", "This is too long.")
        return False
    size = end + 4 + length_of(request[:end])
    if size > _LONGEST:
        raise Refused("413 Too Large", "This is too long.")
    return len(request) >= size


def length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = partition(line, b":")
        if name.lower() == b"content-length":
            try:
                return max(int(value), 0)
            except ValueError:
                raise Refused("400 Bad Request", "This is no length.")
    return 0


def partition(text: bytes, mark: bytes):
    """bytes.partition, which not every port has."""
    at = text.find(mark)
    return (text, b"", b"") if at < 0 else (text[:at], mark, text[at + len(mark) :])


def parsed(request: bytes):
    """Return (method, {name: text}) of a whole request for /. Raises Refused."""
    head, _, body = partition(request, b"\r\n\r\n")
    words = head.split(b"\r\n")[0].split(b" ")
    if len(words) != 3 or words[0] not in (b"GET", b"POST"):
        raise Refused("405 Not Allowed", "Only GET and POST.")
    if words[1] != b"/":
        raise Refused("404 Not Found", "There is only one page: /")
    return words[0].decode(), fields_of(body[: length_of(head)]) if words[0] == b"POST" else {}


def fields_of(body: bytes) -> dict:
    found = {}
    for pair in body.split(b"&"):
        name, _, value = partition(pair, b"=")
        try:
            found[plain(name)] = plain(value)
        except (UnicodeError, ValueError):
            raise Refused("400 Bad Request", "This is no form.")
    return found


def plain(text: bytes) -> str:
    """Return a form's text without its escapes. Raises ValueError or UnicodeError."""
    parts = text.replace(b"+", b" ").split(b"%")
    found = parts[0]
    for part in parts[1:]:
        if len(part) < 2:
            raise ValueError("half an escape")
        found += bytes([int(part[:2], 16)]) + part[2:]
    return found.decode()


def changes(form: dict, config) -> dict:
    """Return what the form wants changed: {field: value}. Raises ValueError with one sentence."""
    found = {}
    for name in NAMES:
        text = form.get(name, "").strip()
        if text:
            found[name] = number(name, text) if type(config[name]) is int else text
    if not found:
        raise ValueError("nothing was filled in")
    check_lower(found.get(_INSTALLED, 0), config[_INSTALLED])
    return found


def check_lower(wanted_a, now_a):
    """The label's key is the owner's; what the installation carries is the installer's word."""
    if wanted_a > now_a:
        raise ValueError(
            "config %s: %d is above the %d A of the installation; the page only lowers it, "
            "an installer raises it with box provision" % (_INSTALLED, wanted_a, now_a)
        )


def number(name, text):
    try:
        return int(text)
    except ValueError:
        raise ValueError("config %s: %s is not a number" % (name, text[:20]))


def is_same(given: str, wanted: str) -> bool:
    """Compare two keys in a time that tells nothing about where they differ."""
    one, two = given.encode(), wanted.encode()
    differing = len(one) ^ len(two)
    for k in range(len(one)):
        differing |= one[k] ^ two[k % max(len(two), 1)] if two else 1
    return not differing


def page(text: str = _WELCOME, status: str = "200 OK", form: bool = True) -> bytes:
    """Return a whole answer with the page in it. text: for people, of any origin."""
    for mark, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, code)
    body = (PAGE % (text, inputs() if form else "")).encode()
    return (HEAD % (status, len(body))).encode() + body


def inputs() -> str:
    lines = ["<form method=post action=/ autocomplete=off>"]
    for name, label, kind in ((KEY, "Key from the label", "password"),) + INPUTS:
        lines.append("<label>%s<input name=%s type=%s maxlength=64></label>" % (label, name, kind))
    lines.append("<label>Forget all settings but the installation's")
    lines.append(
        "<input name=%s type=checkbox value=1></label><button>Save</button></form>" % RESET
    )
    return "".join(lines)
