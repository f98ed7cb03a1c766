"""The folder `identity/` of a gateway: key, certificate, authorities, welcome and the claim that waits; all on disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from device_profiles.folders import make_lasting
from device_profiles.wire.claims import Claim, JoinAnswer, Welcome
from edge_agent.identity.errors import IdentityError, PapersError
from edge_agent.identity.papers import (
    Identity,
    certificates_pem,
    key_pem,
    new_key,
    read_certificates,
    read_key,
)
from edge_agent.lasting import PRIVATE_FOLDER, SECRET_MODE, move_lasting, remove_lasting, write_lasting

PUBLIC_MODE = 0o644
KEY, CERTIFICATE = "key.pem", "certificate.pem"
AUTHORITIES, BROKER_AUTHORITIES, WELCOME = "authorities.pem", "broker-authorities.pem", "welcome.json"
CLAIM, CLAIM_KEY, ANSWER = "claim.json", "claim-key.pem", "answer.json"
REVOKED, SERIAL, LOCK = "revoked.json", "serial", "lock"
T = TypeVar("T")


class QueuedClaim(msgspec.Struct, frozen=True, omit_defaults=True):
    """A claim on its way. `refused` is the code for which the centre will not have it; then nobody tries any more."""

    centre: str
    code: str
    pin: str = ""
    queued_at: int = 0
    refused: str = ""
    detail: str = ""

    @property
    def claim(self) -> Claim:
        """What the technician brought."""
        return Claim(self.centre, self.code, self.pin)


class Revocation(msgspec.Struct, frozen=True):
    """That the centre said: this certificate is revoked. Counts for the certificate with this number only."""

    certificate: str
    at: int


class IdentityStore:
    """Owns `data_dir/identity/`. A new identity is taken in one step, whatever happens in between.

    ```
    claim.json + claim-key.pem ──▶ answer.json (fsync) ──▶ key, authorities, welcome, certificate ──▶ both removed
                                        └── found at the next start: the same again
    ```
    `certificate.pem` holds the chain behind the certificate, so that a renewal is one rename.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "identity"

    @property
    def certificate_file(self) -> Path:
        """For the link: the certificate with its chain; read at each session."""
        return self.folder / CERTIFICATE

    @property
    def key_file(self) -> Path:
        """For the link: the key."""
        return self.folder / KEY

    @property
    def broker_authorities_file(self) -> Path:
        """For the link: whose certificates the broker may show."""
        return self.folder / BROKER_AUTHORITIES

    def load(self) -> Identity | None:
        """The identity, as it lies there; None for a gateway without one, PapersError when the files are damaged."""
        self._finish()
        if not self._has(CERTIFICATE):
            return None
        key = read_key(self._read(KEY))
        certificate, *chain = read_certificates(self._read(CERTIFICATE))
        welcome = _decoded(self._read(WELCOME), Welcome)
        authorities = read_certificates(self._read(AUTHORITIES))
        return Identity(welcome.gateway, key, certificate, tuple(chain), authorities, welcome)

    def claim(self) -> QueuedClaim | None:
        """The claim that waits, or was refused; None when there is none."""
        return _decoded(self._read(CLAIM), QueuedClaim) if self._has(CLAIM) else None

    def queue(self, claim: QueuedClaim) -> None:
        """Keeps the claim; another one that waited is forgotten."""
        self._finish()
        self._write(CLAIM, msgspec.json.encode(claim))

    def drop_claim(self) -> None:
        """Forgets the claim and its key."""
        self._remove(CLAIM)
        self._remove(CLAIM_KEY)

    def claim_key(self) -> ec.EllipticCurvePrivateKey:
        """The key that joins: made when there is none, and the same at every try, also after a power cut."""
        if self._has(CLAIM_KEY):
            return read_key(self._read(CLAIM_KEY))
        key = new_key()
        self._write(CLAIM_KEY, key_pem(key))
        return key

    def take(self, answer: JoinAnswer) -> Identity:
        """Makes the answer of the centre this gateway's identity; it was proved before."""
        self._write(ANSWER, msgspec.json.encode(answer))
        self._spread()
        identity = self.load()
        if identity is None:
            raise PapersError("damaged", "the identity is gone although it was just written")
        return identity

    def renew(self, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> None:
        """Puts the certificate in the place of the one in force; it was proved before."""
        self._write(CERTIFICATE, certificates_pem([certificate, *chain]), mode=PUBLIC_MODE)

    def revoked(self) -> Revocation | None:
        """What is known of a revocation; it may be that of a former certificate."""
        return _decoded(self._read(REVOKED), Revocation) if self._has(REVOKED) else None

    def note_revoked(self, revocation: Revocation | None) -> None:
        """Keeps that the certificate is revoked; None takes it back."""
        if revocation is None:
            self._remove(REVOKED)
        else:
            self._write(REVOKED, msgspec.json.encode(revocation))

    def serial(self) -> str:
        """The serial number that was kept; empty when none was."""
        return self._read(SERIAL).decode("utf-8", "replace").strip() if self._has(SERIAL) else ""

    def keep_serial(self, serial: str) -> None:
        """Keeps the serial number, so that it is the same whoever runs the program."""
        self._write(SERIAL, serial.encode() + b"\n", mode=PUBLIC_MODE)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else is joining or renewing in this folder now; the kernel lets go after a kill."""
        with _disk(self.folder):
            make_lasting(self.folder, mode=PRIVATE_FOLDER)
            descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, SECRET_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            yield False
            return
        try:
            yield True
        finally:
            os.close(descriptor)

    def _finish(self) -> None:
        """Goes on where a power cut ended `take`."""
        if self._has(ANSWER):
            with self.alone() as is_alone:
                if is_alone and self._has(ANSWER):
                    self._spread()

    def _spread(self) -> None:
        """Puts what the answer holds into its files; every step may be done twice."""
        answer = _decoded(self._read(ANSWER), JoinAnswer)
        if self._has(CLAIM_KEY):
            self._move(CLAIM_KEY, KEY)
        self._write(AUTHORITIES, answer.authorities.encode(), mode=PUBLIC_MODE)
        given = answer.welcome.broker_authorities
        broker = given if given.strip() else answer.authorities
        self._write(BROKER_AUTHORITIES, broker.encode(), mode=PUBLIC_MODE)
        self._write(WELCOME, msgspec.json.encode(answer.welcome))
        self.renew(*_split(answer))
        for done in (REVOKED, CLAIM, ANSWER):
            self._remove(done)

    def _has(self, name: str) -> bool:
        with _disk(self.folder / name):
            return (self.folder / name).exists()

    def _write(self, name: str, content: bytes, *, mode: int = SECRET_MODE) -> None:
        with _disk(self.folder / name):
            write_lasting(self.folder / name, content, mode=mode)

    def _remove(self, name: str) -> None:
        with _disk(self.folder / name):
            remove_lasting(self.folder / name)

    def _move(self, name: str, to: str) -> None:
        with _disk(self.folder / to):
            move_lasting(self.folder / name, self.folder / to)

    def _read(self, name: str) -> bytes:
        with _disk(self.folder / name):
            try:
                return (self.folder / name).read_bytes()
            except FileNotFoundError as error:
                raise PapersError("damaged", f"{self.folder / name} is missing") from error


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IdentityError("disk", f"{path}: {error.strerror}") from error


def _split(answer: JoinAnswer) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    certificate, *more = read_certificates(answer.certificate.encode())
    chain = read_certificates(answer.chain.encode()) if answer.chain.strip() else ()
    return certificate, (*more, *chain)


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise PapersError("damaged", f"{kind.__name__}: {error}") from error
