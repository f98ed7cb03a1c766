"""The public keys of gateways, from the certificates that the registry has given them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cloud.store.enrolment_port import CertificateRow


class CertificateKeys:
    """Implements Keyring: the key of the newest certificate that is not revoked."""

    def __init__(self, certificates: Callable[[str], Sequence[CertificateRow]]) -> None:
        self._certificates = certificates

    def public_key(self, gateway: str) -> EllipticCurvePublicKey | None:
        """The key of the certificate in force; None when it has none."""
        row = next((each for each in self._certificates(gateway) if not each.revoked_at), None)
        if row is None:
            return None
        key = x509.load_pem_x509_certificate(row.pem.encode()).public_key()
        return key if isinstance(key, EllipticCurvePublicKey) else None

    def not_after(self, gateway: str) -> int | None:
        """When the certificate in force runs out, ms since 1970 UTC; None when there is none."""
        return next((each.not_after for each in self._certificates(gateway) if not each.revoked_at), None)
