"""A certificate for each gateway of the fleet, given by the centre's own issuing authority, as a join would give it.

For trials on a machine that holds the authority's folder (`data_dir/authority` of the centre).
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GOOD_FOR: Final = timedelta(days=2)
BACKDATED: Final = timedelta(hours=1)


class Identities:
    """One TLS context for each gateway, made before anything is measured; it costs 30 KB and a few milliseconds."""

    def __init__(self, authority: Path, gateways: Iterable[str]) -> None:
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._authority = authority
        self._gateways = tuple(gateways)

    def prepare(self) -> None:
        """Makes every key and certificate; OSError when the folder is not an authority's."""
        issuing = x509.load_pem_x509_certificate((self._authority / "issuing.pem").read_bytes())
        key = load_pem_private_key((self._authority / "issuing_key.pem").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._authority}: the issuing key is of another kind")
        with tempfile.TemporaryDirectory(prefix="thacba-load-") as folder:
            place = Path(folder) / "identity.pem"  # Python's ssl takes keys from files only
            for gateway in self._gateways:
                place.write_bytes(_identity(gateway, issuing, key))
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.load_verify_locations(self._authority / "root.pem")
                context.load_cert_chain(place)
                self._contexts[gateway] = context

    def of(self, gateway: str) -> ssl.SSLContext:
        """What this gateway shows, and what it asks of the broker."""
        return self._contexts[gateway]


def _identity(gateway: str, issuing: x509.Certificate, issuing_key: ec.EllipticCurvePrivateKey) -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, gateway)]))
        .issuer_name(issuing.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + GOOD_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(issuing_key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + b"".join(each.public_bytes(Encoding.PEM) for each in (certificate, issuing))
