"""Keys, signing requests and certificates of a gateway, and which certificate may be trusted; no file, no network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from device_profiles.wire.claims import Welcome
from edge_agent.identity.errors import PapersError

DAY_MS = 86_400_000
UNREADABLE = (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm)  # cryptography reads as late as it can


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything that makes this box the gateway that it is. `chain` goes up to, and does not hold, a root."""

    gateway: str
    key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)  # the certificate tells which
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    authorities: tuple[x509.Certificate, ...]
    welcome: Welcome = field(repr=False)

    @property
    def begins_at(self) -> int:
        """From when the certificate counts, ms since 1970 UTC."""
        return _ms(self.certificate.not_valid_before_utc)

    @property
    def ends_at(self) -> int:
        """Until when the certificate counts, ms since 1970 UTC."""
        return _ms(self.certificate.not_valid_after_utc)

    @property
    def number(self) -> str:
        """The certificate's number, in hex, as the centre's registry names it."""
        return format(self.certificate.serial_number, "x")

    def days_left(self, now: int) -> float:
        """Days until the certificate ends; negative afterwards."""
        return round((self.ends_at - now) / DAY_MS, 1)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as it lies on disk."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The key in a file's content; PapersError `key` when it is none of ours."""
    try:
        key = load_pem_private_key(pem, password=None)
    except UNREADABLE as error:
        raise PapersError("key", "the file holds no private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PapersError("key", "the key is not on the curve P-256")
    return key


def signing_request(key: ec.EllipticCurvePrivateKey, *, name: str) -> x509.CertificateSigningRequest:
    """The request for a certificate; the centre alone decides the name that the certificate will bear."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64] or "gateway")])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())


def request_pem(request: x509.CertificateSigningRequest) -> str:
    """The request as it travels."""
    return request.public_bytes(Encoding.PEM).decode()


def certificates_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """The certificates one behind the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a text; PapersError `garbage` when it holds none, or a damaged one."""
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except UNREADABLE as error:
        raise PapersError("garbage", "there is no certificate in it, or a damaged one") from error


def same_key(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bool:
    """Whether the certificate is for this key."""
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form)


def name_of(certificate: x509.Certificate) -> str:
    """The gateway that a certificate names; empty when it names none or several."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def prove(identity: Identity, *, now: int | None) -> None:
    """Passes when the certificate is for our key, in our name, in date, and vouched for by our authorities.

    PapersError `garbage`, `other_key`, `other_name`, `not_yet`, `expired` or `chain` otherwise. Without `now` (nobody
    knows the time) its own dates do not count.
    """
    try:
        _prove(identity, now)
    except UNREADABLE as error:
        raise PapersError("garbage", f"a certificate cannot be read ({error})") from error


def successor_in(found: Sequence[x509.Certificate], identity: Identity) -> Identity:
    """The identity with the one certificate among these that is for its key, and with their chain; not proved yet."""
    try:
        mine = [each for each in found if same_key(identity.key, each)]
        if len(mine) != 1:
            raise PapersError("other_key", f"{len(mine)} of {len(found)} certificates are for our key")
        chain = tuple(each for each in found if each is not mine[0] and each.issuer != each.subject)
    except UNREADABLE as error:
        raise PapersError("garbage", f"a certificate cannot be read ({error})") from error
    return replace(identity, certificate=mine[0], chain=chain or identity.chain)


def _prove(identity: Identity, now: int | None) -> None:
    certificate = identity.certificate
    if not same_key(identity.key, certificate):
        raise PapersError("other_key", "the certificate is for another key than the one on this gateway")
    if name_of(certificate) != identity.gateway:
        raise PapersError("other_name", f"it is for {name_of(certificate)!r}, and this is {identity.gateway!r}")
    if now is not None and now < identity.begins_at:
        raise PapersError("not_yet", f"it begins on {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if now is not None and now >= identity.ends_at:
        raise PapersError("expired", f"it ended on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    _prove_chain(identity, now)


def _prove_chain(identity: Identity, now: int | None) -> None:
    moment = identity.certificate.not_valid_before_utc if now is None else dt.datetime.fromtimestamp(now / 1000, dt.UTC)
    try:
        verifier = PolicyBuilder().store(Store([*identity.authorities])).time(moment).build_client_verifier()
        verifier.verify(identity.certificate, [*identity.chain])
    except VerificationError as error:
        issuer = identity.certificate.issuer.rfc4514_string()
        raise PapersError("chain", f"no authority of this gateway vouches for {issuer!r} ({error})") from error


def _ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)
