"""Passwords: hashed with argon2id, checked in the same time whether the user exists or not."""

from __future__ import annotations

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12  # NIST SP 800-63B-4 asks for 15 alone or 8 with a second factor; 12 until the second factor comes
MAX_LENGTH = 1024

# RFC 9106 section 4, second recommended option (64 MiB, 3 passes, 4 lanes): what a small server can bear per log-in.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, type=Type.ID)
# The hash of a random password that nobody kept: checking it opens nothing and takes as long as checking a real one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$nZKIitYUCEFRjFMZ3uxISw$Z0Ox2DnnoDwmEEjCnxPi5wOGYMj85PsYd+EFw0FxKPI"


def fault_of(password: str) -> str | None:
    """Why a new password is not taken, as one sentence; None when it is."""
    if len(password) < MIN_LENGTH:
        return f"A password has at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"A password has at most {MAX_LENGTH} characters."
    if len(set(password)) < 5:
        return "A password has at least five different characters."
    return None


def hash_password(password: str) -> str:
    """The argon2id hash with its salt and cost, as one text."""
    return _HASHER.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Whether the password is the one; an empty hash stands for a user who does not exist and costs as much time."""
    try:
        matches = _HASHER.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return matches and bool(password_hash)
