"""TLS for the link: the owner's CA and no other, the broker's name, the box's own certificate.

Files are DER, which every build reads. Keys are read here, handed to the tls module and forgotten;
no text of this module repeats what a file holds. A pre-shared key replaces certificates where the
build has it: MicroPython from 1.27 on; it costs no arithmetic, but the broker knows the key.
"""

import binascii

import tls
from micropython import const

_LONGEST = const(4_096)


def wrap(raw, config, host):
    """Return a TLS socket over raw to a broker; what is first read or written makes its handshake.

    Raises ValueError with a sentence that names the file or setting, never its content.
    """
    if not config["tls_psk"]:
        return certified(raw, config, host)
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    _share_key(context, config)
    return context.wrap_socket(raw, server_hostname=None, do_handshake_on_connect=False)


def certified(raw, config, host):
    """The same with certificates in any case: only the broker shares a key with the box."""
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    _certify(context, config)
    return context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)


def _certify(context, config):
    context.verify_mode = tls.CERT_REQUIRED
    try:
        context.load_verify_locations(_content(config["tls_ca"]))
    except ValueError:
        raise ValueError("tls_ca: %s is no DER certificate" % config["tls_ca"])
    if not config["tls_cert"]:
        return
    try:
        context.load_cert_chain(_content(config["tls_cert"]), _content(config["tls_key"]))
    except ValueError:
        raise ValueError("tls_cert, tls_key: no DER certificate and its key")


def _share_key(context, config):
    try:
        key = binascii.unhexlify(_content(config["tls_psk"]).strip())
    except ValueError:
        raise ValueError("tls_psk: %s is not hexadecimal" % config["tls_psk"])
    if not hasattr(context, "psk_key"):
        raise ValueError("tls_psk: wants MicroPython 1.27, this one has no pre-shared keys")
    context.verify_mode = tls.CERT_NONE  # who knows the key is the broker
    context.psk_identity = config["box_id"]
    context.psk_key = key


def _content(path):
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST)
    except OSError:
        raise OSError("tls: %s cannot be read" % (path or "the key's file"))
