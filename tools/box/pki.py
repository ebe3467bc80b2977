"""`box pki`: certificates for a broker and its boxes, and the broker's files that go with them.

A folder holds the CA; each box gets a folder of its own with what has to go into its flash. The
CA's key stays with its owner, a box's key on the box: delete the box's folder after flashing.
Elliptic curve P-256: small, and the handshake of a box takes a third of what RSA does.
"""

import datetime
import ipaddress
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from box import mosquitto

# a box without any time counts from here (firmware/wall_clock.py), and must find it valid
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
CA_DAYS, BROKER_DAYS, BOX_DAYS = 40 * 365, 800, 20 * 365
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


class Authority:
    """The CA in a folder; made there if it is missing. Raises OSError."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "ca.pem").exists():
            self._make()
        key = (folder / "ca.key.pem").read_bytes()
        self._key = serialization.load_pem_private_key(key, None)
        self._certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())

    def certify_broker(self, names, days: int = BROKER_DAYS, stem: str = "broker", start=START):
        """Write STEM.pem and STEM.key.pem for a broker reached under these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [
            (x509.SubjectAlternativeName([_general(name) for name in names]), False),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        ]
        certificate = self._sign(names[0], key, days, extensions, start)
        _write(self.folder / (stem + ".pem"), certificate.public_bytes(PEM))
        _write_secret(self.folder / (stem + ".key.pem"), _private(key, PEM))

    def certify_client(self, name: str, folder: Path, days: int = BOX_DAYS):
        """Write box.der, key.der and ca.der (and PEM of the same) for a box or a person."""
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = self._sign(name, key, days, [(usage, False)], START)
        for encoding, end in ((DER, "der"), (PEM, "pem")):
            _write(folder / ("box." + end), certificate.public_bytes(encoding))
            _write_secret(folder / ("key." + end), _private(key, encoding))
            _write(folder / ("ca." + end), self._certificate.public_bytes(encoding))

    def _make(self):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed("wallbox CA", key, "wallbox CA", key, CA_DAYS, [], START, True)
        _write_secret(self.folder / "ca.key.pem", _private(key, PEM))
        _write(self.folder / "ca.pem", certificate.public_bytes(PEM))

    def _sign(self, name, key, days, extensions, start):
        issuer = self._certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        return _signed(name, key, issuer, self._key, days, extensions, start)


def furnish(folder: Path, broker: str, boxes, operators, psk: bool, port: int) -> list:
    """Make what is asked for. Return [(path, what it is)]. Raises OSError or ValueError."""
    check(folder, [*boxes, *operators], boxes and psk, boxes and not psk)
    authority = Authority(folder)
    made = [(folder / "ca.pem", "the CA; its key beside it stays with you")]
    if broker:
        authority.certify_broker([name.strip() for name in broker.split(",")])
        made.append((folder / "broker.pem", "the broker's certificate, key beside it"))
    for name in boxes:
        if psk:
            line = share_key(name, folder / name)
            known = folder / "boxes.psk"
            known.touch(mode=0o600)
            with open(known, "a") as file:
                file.write(line)
            made.append(
                (folder / name / "psk", "the box's file tls_psk; flash it, delete it here")
            )
        else:
            authority.certify_client(name, folder / name)
            made.append(
                (
                    folder / name,
                    "ca.der, box.der, key.der: box provision takes them; delete them here",
                )
            )
    for name in operators:
        authority.certify_client(name, folder / name)
        made.append((folder / name, "ca.pem, box.pem, key.pem of an operator"))
    if broker or (psk and not (folder / "mosquitto.conf").exists()):
        made.append(mosquitto_conf(folder, psk, port))
    return [*made, access_list(folder, operators)]


def check(folder, names, keys_wanted, certificates_wanted):
    """Raise ValueError if a name is none or is taken, or boxes of two kinds would mix."""
    for name in names:
        if not name or name.startswith(".") or set(name) & set("/+#"):
            raise ValueError("%r is no name: no / + #, no dot in front" % name)
        if (folder / name).exists():
            raise ValueError("%s is there already; remove it to make new ones" % (folder / name))
    has_keys = (folder / "boxes.psk").exists()
    has_certificates = not has_keys and (folder / "mosquitto.conf").exists()
    if keys_wanted and has_certificates or certificates_wanted and has_keys:
        there = "shared keys" if has_keys else "certificates"
        raise ValueError("%s has %s; a broker's boxes have all the same kind" % (folder, there))


def mosquitto_conf(folder, psk, port):
    conf = mosquitto.PSK_CONF if psk else mosquitto.CONF
    values = {"port": port, "address": "0.0.0.0", "folder": folder.absolute()}
    text = conf.format(stem="broker", persistence="true", **values)
    _write(folder / "mosquitto.conf", text.encode())
    return folder / "mosquitto.conf", "mosquitto -c reads it; a listener on every address"


def access_list(folder, operators):
    """Add the operators to those whom the broker's file knows."""
    path = folder / "boxes.acl"
    rules = path.read_text() if path.exists() else mosquitto.rules([])
    _write(path, (rules + mosquitto.operator_rules(operators)).encode())
    return path, "who may say and hear what"


def share_key(identity: str, folder: Path) -> str:
    """Write a new pre-shared key for a box to FOLDER/psk; return the broker's line for it."""
    key = secrets.token_hex(32)
    folder.mkdir(parents=True, exist_ok=True)
    _write_secret(folder / "psk", key.encode())
    return "%s:%s\n" % (identity, key)


def _signed(name, key, issuer, issuer_key, days, extensions, start, is_ca=False):
    builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(start)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    builder = builder.not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(is_ca, None), True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key, encoding):
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def _write(path, content):
    path.write_bytes(content)


def _write_secret(path, content):
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
