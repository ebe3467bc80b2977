"""MicroPython's tls module for the virtual box: real over a real socket; over a simulated one only
what the firmware can feel: the chip stands still, a context must be one that verifies, and the
broker's certificate ends on the day valid_to, if one is set, by the chip's clock.

Imported by the simulator's socket module, which so comes before the firmware's `import tls`.
"""

import errno
import select
import sys

import machine
import tls as real
import world

STALL_US = 600_000  # of a handshake in one piece: 580 to 625 ms on an ESP32, see docs/link.md
LIGHT_US = 2_000
MP_STREAM_POLL = 3
valid_to = None  # (year, month, day)
has_keys = hasattr(real.SSLContext(real.PROTOCOL_TLS_CLIENT), "psk_key")  # from 1.27 on

CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = real.CERT_NONE, real.CERT_OPTIONAL, real.CERT_REQUIRED
PROTOCOL_TLS_CLIENT = real.PROTOCOL_TLS_CLIENT


def poll(raw, request, flags):
    """Answer a poller for an object that stands before the host's socket."""
    if request != MP_STREAM_POLL:
        return -errno.EINVAL  # 0 to the question for a file's number would be standard input
    poller = select.poll()
    poller.register(raw, flags)
    found = poller.poll(0)
    return found[0][1] if found else 0


class SSLContext:
    def __init__(self, protocol):
        self._protocol = protocol
        self._authority = self._chain = None
        self.verify_mode = CERT_REQUIRED
        if has_keys:
            self.psk_key = self.psk_identity = None

    def load_verify_locations(self, authority):
        self._context().load_verify_locations(authority)  # raises on what is no certificate
        self._authority = authority

    def load_cert_chain(self, certificate, key):
        self._context().load_cert_chain(certificate, key)
        self._chain = (certificate, key)

    def wrap_socket(self, sock, *, server_hostname=None, do_handshake_on_connect=True):
        if hasattr(sock, "raw"):
            return Secured(sock, self._whole(), server_hostname)
        key = self._key()
        if key is None and not (self._authority and server_hostname):
            raise ValueError("a context that verifies nothing")
        return Simulated(sock, LIGHT_US if key else STALL_US)

    def _key(self):
        return self.psk_key if has_keys else None

    def _context(self):
        return real.SSLContext(self._protocol)

    def _whole(self):
        context = self._context()
        context.verify_mode = self.verify_mode
        if self._authority:
            context.load_verify_locations(self._authority)
        if self._chain:
            context.load_cert_chain(*self._chain)
        if self._key() is not None:
            context.psk_identity, context.psk_key = self.psk_identity, self.psk_key
        return context


class Secured:
    """Real TLS over a real socket, patient as that is."""

    def __init__(self, sock, context, name):
        self._sock = sock
        self._tls = context.wrap_socket(
            sock.raw, server_hostname=name, do_handshake_on_connect=False
        )
        self.close = self._tls.close

    def read(self, size):
        found = self._tls.read(size)
        if found is None:
            self._sock.starve()
        return found

    def write(self, buffer):
        sent = self._tls.write(buffer)
        if sent is None:
            self._sock.starve()
        return sent


class Simulated:
    """TLS over a simulated socket: its first bytes cost the time of the arithmetic."""

    def __init__(self, sock, stall_us):
        self._sock = sock
        self._stall_us = stall_us
        self.close = sock.close

    def read(self, size):
        try:
            return self._sock.recv(size)
        except OSError:
            return None

    def write(self, buffer):
        stall_us, self._stall_us = self._stall_us, 0
        world.current.stall(stall_us)
        if stall_us and valid_to and machine.plant.rtc_set[:3] > valid_to:
            raise OSError("The certificate validity has expired")
        return self._sock.send(buffer)


sys.modules["tls"] = sys.modules[__name__]
