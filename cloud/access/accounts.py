"""What may be changed about an account: never so that nobody is left who could administer the centre."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cloud.access.roles import Role
from cloud.errors import CloudError
from cloud.store.base import SecretRow, UserRow

SHOWN_DIGITS = 16  # of a digest: enough to name a session, and nobody can make a cookie of it


class AccountError(CloudError):
    """The change would leave nobody in charge, or is one that nobody makes to their own account."""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What shall be different; None stays as it is."""

    role: Role | None = None
    disabled: bool | None = None
    password_hash: str | None = None
    areas: str | None = None  # as scope.py keeps them
    sectors: str | None = None  # the same


def changed(user: UserRow, change: AccountChange, *, by: str, everybody: Iterable[UserRow]) -> UserRow:
    """The account after the change."""
    after = replace(
        user,
        role=user.role if change.role is None else change.role.value,
        disabled=user.disabled if change.disabled is None else change.disabled,
        password_hash=change.password_hash or user.password_hash,
        areas=user.areas if change.areas is None else change.areas,
        sectors=user.sectors if change.sectors is None else change.sectors,
    )
    loses = _is_in_charge(user) and not _is_in_charge(after)
    if loses and user.name == by:
        raise AccountError("Nobody takes the rights of an administrator from themselves: ask another one.")
    if loses and not any(_is_in_charge(each) for each in everybody if each.name != user.name):
        raise AccountError("This is the last administrator: make another one first.")
    return after


def words_of(before: UserRow, after: UserRow) -> str:
    """What is different, for the audit log; never the password."""
    said = []
    if before.role != after.role:
        said.append(f"role {before.role} -> {after.role}")
    if before.areas != after.areas:
        said.append(f"areas {before.areas or 'all'} -> {after.areas or 'all'}")
    if before.sectors != after.sectors:
        said.append(f"sectors {before.sectors or 'all'} -> {after.sectors or 'all'}")
    if before.disabled != after.disabled:
        said.append("disabled" if after.disabled else "enabled")
    if before.password_hash != after.password_hash:
        said.append("new password")
    return ", ".join(said) or "nothing"


def ends_sessions(before: UserRow, after: UserRow) -> bool:
    """Whether whoever is logged in must log in again."""
    return after.disabled or before.password_hash != after.password_hash


def name_of(secret: SecretRow) -> str:
    """What a session or token is called on screens and in the audit log."""
    return secret.digest[:SHOWN_DIGITS]


def _is_in_charge(user: UserRow) -> bool:
    return user.role == Role.ADMIN and not user.disabled and not user.areas and not user.sectors
