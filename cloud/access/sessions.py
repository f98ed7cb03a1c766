"""Sessions of people and tokens of programs: how one begins, what it stands for, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cloud.access.roles import Role
from cloud.access.scope import WHOLE, Scope, scope_of
from cloud.access.secrets import new_secret
from cloud.store.base import SecretRow, UserRow

IDLE_MS = 60 * 60_000  # an hour without a request ends a session; an open page asks every few seconds
ABSOLUTE_MS = 12 * 3_600_000  # one shift of the operations centre, with its hand-over
PROLONG_MS = 60_000  # writing the new end once a minute is enough


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: a person by session, or a program by token."""

    name: str
    role: Role
    kind: Literal["session", "token"]
    digest: str
    scope: Scope = WHOLE


def begin_session(user: UserRow, *, now: int, note: str = "") -> tuple[str, SecretRow]:
    """A new session: the secret for the cookie, and the row that is kept; `note`: where from, for its list."""
    secret, digest = new_secret()
    return secret, SecretRow(digest, "session", user.name, user.role, now, now + IDLE_MS, note)


def begin_token(name: str, role: Role, *, now: int, days: int, note: str = "") -> tuple[str, SecretRow]:
    """A new token: the secret to hand over once, and the row that is kept."""
    secret, digest = new_secret()
    return secret, SecretRow(digest, "token", name, role.value, now, now + days * 86_400_000, note)


def identity_of(row: SecretRow | None, user: UserRow | None, *, now: int) -> Identity | None:
    """Whom a secret stands for now; None when it expired, or its user is gone or disabled.

    A session has the role, the areas and the sectors that the user has now; a token keeps its own, and needs no user.
    """
    if row is None or now >= row.expires_at:
        return None
    if user is not None and user.disabled:
        return None
    if row.kind == "token":
        return Identity(row.user, Role(row.role), "token", row.digest, scope_of(row.areas, row.sectors))
    if row.kind != "session" or user is None:
        return None
    return Identity(user.name, Role(user.role), "session", row.digest, scope_of(user.areas, user.sectors))


def prolonged(row: SecretRow, *, now: int) -> SecretRow | None:
    """The session with its later end, when it is worth writing; never beyond the absolute end."""
    if row.kind != "session":
        return None
    end = min(now + IDLE_MS, row.created_at + ABSOLUTE_MS)
    return replace(row, expires_at=end) if end - row.expires_at >= PROLONG_MS else None
