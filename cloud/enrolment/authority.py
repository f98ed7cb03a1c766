"""The certificate authority of one centre: a root that may lie in a safe, and an issuing authority that works.

```
 data_dir/authority/            0700
   root.pem                     the root's certificate: what gateways trust; its SHA-256 is the pin on the labels
   root/root_key.pem     0600   take this folder away: it is needed again only for the next issuing authority
   issuing.pem, issuing_key.pem (0600)
   claim_key             0600   with it the digests of claim codes are made: the database alone does not give a code
   crl.pem                      the revocation list, as the broker reads it
```
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs7,
)

from cloud.enrolment.certificates import (
    BACKDATED,
    AuthorityError,
    authority_certificate,
    gateway_certificate,
    instant,
    issued_by,
    key_digest,
    pem_of,
    server_certificate,
)
from cloud.enrolment.files import read_private, write_private, write_public
from cloud.errors import ConfigurationError

FOLDER: Final = "authority"
ROOT, ROOT_KEY = "root.pem", "root/root_key.pem"
ISSUING, ISSUING_KEY = "issuing.pem", "issuing_key.pem"
CLAIM_KEY, CRL = "claim_key", "crl.pem"
# A list that is out of date locks every gateway out. A new one goes to the broker with each revocation, so its end need
# not come before the root's.
CRL_DAYS: Final = 20 * 365


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it is kept: numbers in hex, digests of public keys in hex, times in ms since 1970 UTC."""

    serial: str
    public_key: str
    pem: str
    not_after: int


@dataclass(frozen=True, slots=True)
class Revoked:
    """An entry of the revocation list."""

    serial: str
    at: int
    replaced: bool = False


class Authority:
    """Issues certificates and revocation lists. Holds the issuing key, never the root's."""

    def __init__(
        self, root: x509.Certificate, issuing: x509.Certificate, key: ec.EllipticCurvePrivateKey, claim_key: bytes
    ) -> None:
        self.root = root
        self.issuing = issuing
        self._key = key
        self._claim_key = claim_key

    @property
    def roots_pem(self) -> str:
        """What a gateway trusts."""
        return pem_of(self.root)

    @property
    def chain_pem(self) -> str:
        """What stands between a gateway's certificate and the root."""
        return pem_of(self.issuing)

    @property
    def pin(self) -> str:
        """SHA-256 of the root's certificate (DER), in hex: what labels carry."""
        return hashlib.sha256(self.root.public_bytes(Encoding.DER)).hexdigest()

    def certificates_der(self, *leaves: str) -> bytes:
        """PKCS #7 with these certificates (PEM) and all of ours, as EST answers."""
        listed = [*(x509.load_pem_x509_certificate(each.encode()) for each in leaves), self.issuing, self.root]
        return pkcs7.serialize_certificates(listed, Encoding.DER)

    def digest_of(self, code: str) -> str:
        """The digest under which a claim code is kept."""
        return hmac.new(self._claim_key, code.encode(), hashlib.sha256).hexdigest()

    def issue(self, request: x509.CertificateSigningRequest, gateway: str, *, now: int, days: int) -> Issued:
        """A certificate for the key of a request; whom it names is ours to say, the request's words are ignored."""
        certificate = gateway_certificate(request, gateway, (self.issuing, self._key), now=now, days=days)
        end = certificate.not_valid_after_utc
        return Issued(
            f"{certificate.serial_number:x}", key_digest(request), pem_of(certificate), round(end.timestamp() * 1000)
        )

    def issue_server(self, key: ec.EllipticCurvePublicKey, names: Sequence[str], *, now: int, days: int) -> str:
        """A certificate, PEM, with which a server of ours answers under these host names and addresses."""
        return pem_of(server_certificate(key, names, (self.issuing, self._key), now=now, days=days))

    def revocation_list(self, revoked: Sequence[Revoked], *, now: int) -> str:
        """The list of everything that is revoked, PEM."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuing.subject)
            .last_update(instant(now) - BACKDATED)
            .next_update(instant(now) + timedelta(days=CRL_DAYS))
            .add_extension(x509.CRLNumber(now), critical=False)
            .add_extension(issued_by(self.issuing), critical=False)
        )
        for each in revoked:
            reason = x509.ReasonFlags.superseded if each.replaced else x509.ReasonFlags.cessation_of_operation
            entry = x509.RevokedCertificateBuilder().serial_number(int(each.serial, 16))
            entry = entry.revocation_date(instant(each.at)).add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()


def read_authority(folder: Path) -> Authority | None:
    """The authority in a folder; None when nobody has made one, ConfigurationError when something of it is broken."""
    if not (folder / ISSUING).exists():
        return None
    try:
        root = x509.load_pem_x509_certificate((folder / ROOT).read_bytes())
        issuing = x509.load_pem_x509_certificate((folder / ISSUING).read_bytes())
        issuing.verify_directly_issued_by(root)
        return Authority(root, issuing, _read_key(folder / ISSUING_KEY), read_private(folder / CLAIM_KEY))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"{folder}: the authority cannot be read ({error})") from error
    except InvalidSignature as error:
        raise ConfigurationError(f"{folder}: the issuing certificate is not the root's") from error


def make_authority(folder: Path, name: str, *, now: int) -> Authority:
    """The authority in a folder, made where something of it is missing; what is there is never replaced.

    A cut at any step is mended by calling it again: the certificate of an authority is written after its key.
    """
    known = read_authority(folder)
    if known is not None:
        return known
    if (folder / ROOT).exists() and not (folder / ROOT_KEY).exists():
        raise AuthorityError(f"{folder / ROOT_KEY}: the root's key is needed to make an issuing authority")
    if not (folder / ROOT).exists():
        key = _made_key(folder / ROOT_KEY)
        write_public(folder / ROOT, pem_of(authority_certificate(f"{name} root", key, now=now)))
    root = x509.load_pem_x509_certificate((folder / ROOT).read_bytes())
    issuing_key = _made_key(folder / ISSUING_KEY)
    if not (folder / CLAIM_KEY).exists():
        write_private(folder / CLAIM_KEY, secrets.token_bytes(32))
    issuing = authority_certificate(
        f"{name} gateways", issuing_key, now=now, issuer=(root, _read_key(folder / ROOT_KEY))
    )
    authority = Authority(root, issuing, issuing_key, read_private(folder / CLAIM_KEY))
    write_public(folder / CRL, authority.revocation_list((), now=now))
    write_public(folder / ISSUING, pem_of(issuing))
    return authority


def _made_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        return _read_key(path)
    key = ec.generate_private_key(ec.SECP256R1())
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(read_private(path), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigurationError(f"{path}: is not a key of an elliptic curve")
    return key
