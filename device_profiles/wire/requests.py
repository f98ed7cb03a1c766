"""Requests that a gateway signs with the key of its certificate, and how the centre checks them; pure.

What is signed, UTF-8, ECDSA P-256 over SHA-256:
```
METHOD \n path?query \n time in ms since 1970 UTC \n nonce \n SHA-256 of the body in hex
```
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from device_profiles.wire.errors import WireError

GATEWAY: Final = "Thacba-Gateway"
TIME: Final = "Thacba-Time"
NONCE: Final = "Thacba-Nonce"
SIGNATURE: Final = "Thacba-Signature"
WINDOW_MS: Final = 10 * 60_000  # how far the gateway's time may be off; it takes the centre's from the `Date` header
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TIME: Final = re.compile(r"\d{1,16}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who asks, when (ms since 1970 UTC), and a word that is used once (16 to 64 of A-Z, a-z, 0-9, - and _)."""

    gateway: str
    at: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: the method, path with query exactly as they travel, and the body or its SHA-256."""

    method: str
    target: str
    body: bytes = b""
    body_sha256: str = ""  # instead of `body`, when the body is a file


@dataclass(frozen=True, slots=True)
class Proof:
    """The stamp that a request carries, and its signature; believed only after `verify_request`."""

    stamp: Stamp
    signature: bytes


def sign_request(key: ec.EllipticCurvePrivateKey, asked: Asked, stamp: Stamp) -> dict[str, str]:
    """The headers that make a request ours."""
    signature = key.sign(_signed_text(asked, stamp), ec.ECDSA(SHA256()))
    return {
        GATEWAY: stamp.gateway,
        TIME: str(stamp.at),
        NONCE: stamp.nonce,
        SIGNATURE: base64.b64encode(signature).decode(),
    }


def read_proof(headers: Mapping[str, str]) -> Proof:
    """The proof in the headers (any mapping that knows no case, or one with lower-case names); WireError when none."""
    gateway, at, nonce, signature = (
        headers.get(name) or headers.get(name.lower(), "") for name in (GATEWAY, TIME, NONCE, SIGNATURE)
    )
    if not (gateway or at or nonce or signature):
        raise WireError("unsigned", "the request carries no signature of a gateway")
    if not (_IDENTIFIER.fullmatch(gateway) and _TIME.fullmatch(at) and _NONCE.fullmatch(nonce)):
        raise WireError("malformed", "gateway, time or nonce cannot be read")
    try:
        return Proof(Stamp(gateway, int(at), nonce), base64.b64decode(signature, validate=True))
    except (binascii.Error, ValueError) as error:
        raise WireError("malformed", "the signature is not base64") from error


def verify_request(key: ec.EllipticCurvePublicKey, asked: Asked, proof: Proof) -> None:
    """Passes when the holder of the key signed exactly this; WireError `forged` otherwise."""
    try:
        key.verify(proof.signature, _signed_text(asked, proof.stamp), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise WireError("forged", "the signature does not fit the request") from error


def check_time(stamp: Stamp, *, now: int, window_ms: int = WINDOW_MS) -> None:
    """Passes when the request was signed about now; WireError `stale` otherwise: set the clock, and sign again."""
    if abs(now - stamp.at) > window_ms:
        raise WireError("stale", f"signed {abs(now - stamp.at) // 1000} s away from the centre's time")


def _signed_text(asked: Asked, stamp: Stamp) -> bytes:
    digest = asked.body_sha256 or hashlib.sha256(asked.body).hexdigest()
    return f"{asked.method.upper()}\n{asked.target}\n{stamp.at}\n{stamp.nonce}\n{digest}".encode()
