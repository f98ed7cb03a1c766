"""Certificates and signing requests in the form that this platform gives them: ECDSA P-256, names of our own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloud.errors import CloudError

ROOT_DAYS: Final = 20 * 365
ISSUING_DAYS: Final = 5 * 365
BACKDATED: Final = timedelta(hours=1)  # a clock that is a little late must not refuse a new certificate
URN: Final = "urn:thacba:gateway:"
Issuer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


class AuthorityError(CloudError):
    """The authority is not there, or cannot do that."""


class RequestWrongError(CloudError):
    """A signing request cannot be read, is not signed by its own key, or has a key of another kind."""


def read_request(pem: str) -> x509.CertificateSigningRequest:
    """The signing request, when its own key signed it and the key is one of ours; RequestWrongError."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        is_signed = request.is_signature_valid
    except (ValueError, TypeError, UnicodeError, x509.InvalidVersion) as error:
        raise RequestWrongError("the signing request cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestWrongError("the key must be one of the curve P-256")
    if not is_signed:
        raise RequestWrongError("the signing request is not signed by its own key")
    return request


def key_digest(holder: x509.CertificateSigningRequest | x509.Certificate) -> str:
    """SHA-256 of the public key, in hex."""
    form = holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(form).hexdigest()


def public_key_of(pem: str) -> ec.EllipticCurvePublicKey:
    """The key of a certificate that we issued."""
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise AuthorityError("a certificate of ours has a key of another kind")
    return key


def gateway_certificate(
    request: x509.CertificateSigningRequest, gateway: str, issuer: Issuer, *, now: int, days: int
) -> x509.Certificate:
    """A certificate for the key of a request; whom it names is ours to say, the request's words are ignored."""
    authority, signing_key = issuer
    key = request.public_key()
    begin, end = instant(now) - BACKDATED, instant(now) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(gateway))
        .issuer_name(authority.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(begin, authority.not_valid_before_utc))
        .not_valid_after(min(end, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(URN + gateway)]), critical=False)
        .add_extension(issued_by(authority), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .sign(signing_key, SHA256())
    )


def server_certificate(
    key: ec.EllipticCurvePublicKey, names: Sequence[str], issuer: Issuer, *, now: int, days: int
) -> x509.Certificate:
    """A certificate with which a server of ours, such as the broker, answers under these host names and addresses.

    It is good for nothing else: nobody is let in with it as a client.
    """
    authority, signing_key = issuer
    begin, end = instant(now) - BACKDATED, instant(now) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(names[0]))
        .issuer_name(authority.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(begin, authority.not_valid_before_utc))
        .not_valid_after(min(end, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_host(each) for each in names]), critical=False)
        .add_extension(issued_by(authority), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .sign(signing_key, SHA256())
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def authority_certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    now: int,
    issuer: Issuer | None = None,
) -> x509.Certificate:
    """The certificate of an authority; without an issuer it is a root."""
    days, depth = (ISSUING_DAYS, 0) if issuer else (ROOT_DAYS, 1)
    by, signing_key = (issuer[0].subject, issuer[1]) if issuer else (_name(name), key)
    begin = instant(now) - BACKDATED
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(issued_by(issuer[0]), critical=False)
    return builder.sign(signing_key, SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def issued_by(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Names the key that signed."""
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem_of(certificate: x509.Certificate) -> str:
    """The certificate as text."""
    return certificate.public_bytes(Encoding.PEM).decode()


def instant(at: int) -> datetime:
    """ms since 1970 UTC as certificates say it: whole seconds."""
    return datetime.fromtimestamp(at // 1000, UTC)
