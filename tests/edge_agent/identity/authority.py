"""An authority with a root and an issuer, that gives whatever a test asks for."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cloud.enrolment.certificates import authority_certificate, gateway_certificate, issued_by
from device_profiles.clock import SystemClock

DAY_MS = 86_400_000
LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def now_ms() -> int:
    return SystemClock().now_ms()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authority:
    """Root, issuer and their keys, valid since a year ago."""

    name: str = "test"
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key, repr=False)
    issuing_key: ec.EllipticCurvePrivateKey = field(default_factory=new_key, repr=False)

    def __post_init__(self) -> None:
        begin = now_ms() - 365 * DAY_MS
        self.root = authority_certificate(f"{self.name} root", self.root_key, now=begin)
        self.roll_issuer()

    def roll_issuer(self) -> None:
        """A new issuing authority under the same root."""
        self.issuing_key = new_key()
        begin = now_ms() - 365 * DAY_MS
        issuer = (self.root, self.root_key)
        self.issuing = authority_certificate(f"{self.name} issuing", self.issuing_key, now=begin, issuer=issuer)

    @property
    def pem(self) -> str:
        return _pem(self.root)

    @property
    def pin(self) -> str:
        return hashlib.sha256(self.root.public_bytes(Encoding.DER)).hexdigest()

    def issue(
        self, request: x509.CertificateSigningRequest, gateway: str, *, now: int | None = None, days: int = 90
    ) -> x509.Certificate:
        """A gateway's certificate, made at this moment."""
        issuer = (self.issuing, self.issuing_key)
        return gateway_certificate(request, gateway, issuer, now=now or now_ms(), days=days)

    def revocation_list(self, revoked: Sequence[x509.Certificate]) -> x509.CertificateRevocationList:
        """The list of what the issuer has revoked."""
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.issuing.subject)
        builder = builder.last_update(now - dt.timedelta(hours=1)).next_update(now + dt.timedelta(days=30))
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.issuing_key, SHA256())

    def server(self, folder: Path, *, host: x509.GeneralName = LOOPBACK) -> tuple[Path, Path]:
        """Files with a server's certificate and its chain, and with its key."""
        key, now = new_key(), dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")]))
            .issuer_name(self.issuing.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([host]), critical=False)
            .add_extension(issued_by(self.issuing), critical=False)
            .sign(self.issuing_key, SHA256())
        )
        certificate, secret = folder / f"{self.name}-server.pem", folder / f"{self.name}-server-key.pem"
        certificate.write_text(_pem(made) + _pem(self.issuing))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, secret


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
