"""Sessions' and programs' secrets: random, shown once, kept only as their SHA-256 digest."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "thacba_"  # lets a secret scanner recognise a leaked token
ENTROPY_BYTES = 32


def new_secret() -> tuple[str, str]:
    """A fresh secret and its digest; 256 random bits need no slow hash."""
    secret = PREFIX + secrets.token_urlsafe(ENTROPY_BYTES)
    return secret, digest_of(secret)


def digest_of(secret: str) -> str:
    """The digest under which a secret is kept, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
