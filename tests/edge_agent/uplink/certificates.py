"""An authority that vouches for whatever a test asks of it."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
HOST = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


class Authority:
    """Owns its key; `pem` is what those read who trust it."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.pem = folder / f"{name}.pem"
        builder = self._certificate(self._name, self._key.public_key(), begins_in=-DAY, ends_in=DAY)
        own = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.pem.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(
        self,
        file: str,
        *,
        host: x509.GeneralName = HOST,
        begins_in: dt.timedelta = -DAY,
        ends_in: dt.timedelta = DAY,
    ) -> Path:
        """A server's certificate with its key behind it."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file)])
        builder = self._certificate(subject, key.public_key(), begins_in=begins_in, ends_in=ends_in)
        made = builder.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        pem = self._folder / f"{file}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM) + secret)
        return pem

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, begins_in: dt.timedelta, ends_in: dt.timedelta
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins_in)
            .not_valid_after(now + ends_in)
        )
