"""Certificates of an OPC UA connection: ours as an application, and the server's that was seen first."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path

from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.credentials import CredentialError
from edge_agent.lasting import write_lasting

GOOD_FOR_DAYS = 3650  # the server's administrator has to trust it by hand: not every year again
PUBLIC_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Papers:
    """Our certificate and key as an application, and the name that the certificate gives us."""

    certificate: Path
    key: Path
    application: str


def our_papers(connection: OpcUaConnection, folder: Path) -> Papers:
    """The files of the configuration, or those that are made once and kept; CredentialError when they are no use."""
    certificate, key = connection.certificate_file, connection.private_key_file
    if certificate is None or key is None:
        certificate, key = folder / "thacba-edge.der", folder / "thacba-edge.key.pem"
        if not (certificate.exists() and key.exists()):
            _make(certificate, key)
    return Papers(certificate, key, _application_of(certificate))


def kept_certificate(connection: OpcUaConnection, folder: Path) -> bytes | None:
    """The certificate (DER) that the server must have; None when it was never seen."""
    if connection.server_certificate_file is not None:
        return _certificate_in(connection.server_certificate_file).public_bytes(Encoding.DER)
    kept = _place_of(connection, folder)
    return _certificate_in(kept).public_bytes(Encoding.DER) if kept.exists() else None


def keep_certificate(connection: OpcUaConnection, folder: Path, der: bytes) -> None:
    """From now on the server must have this one."""
    write_lasting(_place_of(connection, folder), der, mode=PUBLIC_MODE)


def _place_of(connection: OpcUaConnection, folder: Path) -> Path:
    return folder / "servers" / f"{hashlib.sha256(connection.url.encode()).hexdigest()[:24]}.der"


def _make(certificate: Path, key: Path) -> None:
    host = socket.gethostname()
    private = generate_private_key()
    names = [x509.UniformResourceIdentifier(f"urn:{host}:thacba:edge"), x509.DNSName(host)]
    made = generate_self_signed_app_certificate(
        private, "Thacba edge agent", {}, names, [ExtendedKeyUsageOID.CLIENT_AUTH], days=GOOD_FOR_DAYS
    )
    write_lasting(key, dump_private_key_as_pem(private))
    write_lasting(certificate, made.public_bytes(Encoding.DER), mode=PUBLIC_MODE)


def _application_of(path: Path) -> str:
    try:
        names = _certificate_in(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise CredentialError(f"certificate {path} names no application URI") from error
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if not uris:
        raise CredentialError(f"certificate {path} names no application URI")
    return str(uris[0])


def _certificate_in(path: Path) -> x509.Certificate:
    try:
        content = path.read_bytes()
        pem = content.lstrip().startswith(b"-----")
        return x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except (OSError, ValueError) as error:
        raise CredentialError(f"certificate {path} cannot be used: {error}") from error
