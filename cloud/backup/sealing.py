"""Seals the secrets of a backup with a passphrase."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cloud.errors import CloudError

# scrypt with N = 2^17, r = 8, p = 1: 128 MB and a third of a second a try (OWASP Password Storage Cheat Sheet).
COST, BLOCK, LANES = 2**17, 8, 1
SALT, NONCE = 16, 12
CONTEXT = b"thacba backup secrets 1"
SHORTEST = 12


class PassphraseError(CloudError):
    """The passphrase is too short, or not the one that it was sealed with."""


def seal(content: bytes, passphrase: str) -> bytes:
    """Salt, nonce and what nobody reads without the passphrase."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, CONTEXT)


def unseal(sealed: bytes, passphrase: str) -> bytes:
    """The content; PassphraseError when the passphrase is another one, or somebody has changed a byte."""
    salt, nonce, rest = sealed[:SALT], sealed[SALT : SALT + NONCE], sealed[SALT + NONCE :]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, rest, CONTEXT)
    except InvalidTag as error:
        raise PassphraseError("the secrets do not open with this passphrase") from error


def _key(passphrase: str, salt: bytes) -> bytes:
    if len(passphrase) < SHORTEST:
        raise PassphraseError(f"a passphrase has {SHORTEST} characters or more")
    return Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=LANES).derive(passphrase.encode())
