"""A passkey device in software: what a telephone does inside, written from the standard and not from the centre.

Source: Web Authentication Level 3 (W3C) §6.1 authenticator data, §6.5 attestation 'none', §5.8.1 client data.
"""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN: Final = "https://centre.test"
Json = dict[str, Any]


def text_of(raw: bytes) -> str:
    """base64url without its padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class SoftwareKey:
    """One key pair for one site; change a field to make it lie. `counts`: by how much its counter grows."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    origin: str = ORIGIN
    rp: str = "centre.test"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    counts: int = 1
    cross_origin: bool = False

    @property
    def id(self) -> bytes:
        """What it calls its credential."""
        point = self.key.public_key().public_numbers()
        return sha256(point.x.to_bytes(32, "big")).digest()

    def lying(self, **changed: Any) -> SoftwareKey:
        """The same key pair in other hands."""
        return replace(self, **changed)

    def register(self, options: Json) -> Json:
        """What `create` answers."""
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        said = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=said, attestationObject=cbor2.dumps(statement))

    def sign(self, options: Json) -> Json:
        """What `get` answers."""
        data, said = self._data(), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=said, authenticatorData=data, signature=signature)

    def _data(self, more: int = 0) -> bytes:
        self.counter += self.counts
        return sha256(self.rp.encode()).digest() + struct.pack(">BI", self.flags | more, self.counter)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> Json:
        parts = {name: text_of(raw) for name, raw in response.items()}
        return {"id": text_of(self.id), "rawId": text_of(self.id), "type": "public-key", "response": parts}
