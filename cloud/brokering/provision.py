"""Puts the broker's settings on disk: files without secrets, its key and certificate, the centre's password."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cloud.brokering.settings import CENTRE, BrokerPlan, files_of
from cloud.enrolment.authority import Authority
from cloud.enrolment.certificates import pem_of
from cloud.enrolment.files import write_private, write_public
from device_profiles.clock import Clock

SERVER_DAYS: Final = 825
PASSWORD_ROUNDS: Final = 101  # as mosquitto_passwd: it has 256 bits of chance, and the broker stands still meanwhile
BROKER: Final = "mosquitto"  # users of the system
US: Final = "thacba"


def write_settings(plan: BrokerPlan, authority: Authority, hosts: Sequence[str], *, crl: str, clock: Clock) -> None:
    """All files of a broker. Its key and certificate are new each time; a password that is there stays."""
    folder, crl_folder = Path(plan.folder), Path(plan.crl_folder)
    for name, text in files_of(plan).items():
        write_public(folder / name, text)
    write_public(folder / "authorities.pem", pem_of(authority.issuing) + pem_of(authority.root))
    if not (folder / "centre.password").exists():
        password = secrets.token_urlsafe(32)
        _write_for(folder / "centre.passwd", f"{CENTRE}:{password_line(password)}\n", group=BROKER)
        _write_for(folder / "centre.password", f"{password}\n", user=US)
    if plan.centre_tls:
        _write_centre_identity(folder, authority, clock)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authority.issue_server(key.public_key(), hosts, now=clock.now_ms(), days=SERVER_DAYS)
    _write_for(folder / "broker.key", _pem(key), group=BROKER)
    write_public(folder / "broker.pem", certificate + pem_of(authority.issuing))
    write_public(crl_folder / "crl.pem", crl)
    _give(crl_folder, user=US)
    for opened in (folder, crl_folder, *(each for each in folder.rglob("*") if each.is_dir())):
        opened.chmod(0o755)  # what is secret in them is closed file by file


def _write_centre_identity(folder: Path, authority: Authority, clock: Clock) -> None:
    """A certificate with the centre's own name, which is no gateway's: at the fleet's listener it opens nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CENTRE)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    issued = authority.issue(request, CENTRE, now=clock.now_ms(), days=SERVER_DAYS)
    _write_for(folder / "centre.key", _pem(key), user=US)
    write_public(folder / "centre.pem", issued.pem + pem_of(authority.issuing))


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def password_line(password: str) -> str:
    """The password as Mosquitto 2.0 keeps it: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PASSWORD_ROUNDS)
    return f"$7${PASSWORD_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _write_for(path: Path, text: str, *, user: str = "", group: str = "") -> None:
    """A secret for one other program. Only root can give files away; anybody else runs both programs himself."""
    write_private(path, text.encode())
    _give(path, user=user, group=group)


def _give(path: Path, *, user: str = "", group: str = "") -> None:
    if os.geteuid() != 0:
        return
    with suppress(LookupError):  # no such user here: the operator sees to it
        if user:
            shutil.chown(path, user)
        if group:
            shutil.chown(path, group=group)
            path.chmod(0o640)
