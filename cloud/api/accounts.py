"""Accounts of people, and the sessions and tokens that are open: administrators change them. Everything is audited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from cloud.access.accounts import AccountChange, AccountError, changed, ends_sessions, name_of, words_of
from cloud.access.passwords import MAX_LENGTH, fault_of, hash_password
from cloud.access.roles import Role
from cloud.access.scope import bounds_of, kept
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep, door_now
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.problems import ProblemError
from cloud.store.base import SecretRow, UserRow
from device_profiles.schema import Identifier, Sector

router = APIRouter(prefix="/api/v1", tags=["administration"])
NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"
Name = Annotated[str, InPath(pattern=r"^[^/]{1,64}$")]
SessionName = Annotated[str, InPath(pattern=r"^[0-9a-f]{16}$")]
Areas = Annotated[tuple[Identifier, ...], Field(max_length=200)]
Sectors = Annotated[tuple[Sector, ...], Field(max_length=len(Sector))]
Password = Annotated[SecretStr, Field(min_length=1, max_length=MAX_LENGTH)]


class NewAccount(BaseModel):
    """Somebody new; the password is told to them in person, and they may be given another one at any time."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"name": "lan", "role": "operator", "password": "a long sentence of hers"}]},
    )
    name: str = Field(pattern=NAME)
    role: Role
    password: Password
    areas: Areas = Field((), description="The areas that they see; none = the whole province.")
    sectors: Sectors = Field((), description="The sectors that they see; none = all of them.")


class AccountWish(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": [{"role": "engineer"}]}
    )
    role: Role | None = None
    state: Literal["enabled", "disabled"] | None = None
    password: Password | None = None
    areas: Areas | None = Field(None, description="The areas that they see; an empty list = the whole province.")
    sectors: Sectors | None = Field(None, description="The sectors that they see; an empty list = all of them.")


@dataclass(frozen=True, slots=True)
class AccountView:
    """Somebody who may log in; `sessions`: how many are open now; `areas` and `sectors`: what they see, none = all."""

    name: str
    role: Role
    created_at: int
    disabled: bool
    sessions: int
    areas: tuple[str, ...]
    sectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionView:
    """An open session of a person, or a token with the areas and sectors it sees; `own`: the one that asks."""

    id: str
    kind: str
    user: str
    role: str
    created_at: int
    expires_at: int
    note: str
    own: bool
    areas: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()


@router.get("/users", summary="Who may log in")
async def list_accounts(centre: CentreDep, limit: Limit = 100, cursor: Cursor = None) -> Page[AccountView]:
    """By name, disabled ones too."""
    secrets = await _open(centre)
    users = await asyncio.to_thread(centre.state.users)
    found = [_view(user, secrets) for user in users]
    return page_of(found, lambda each: each.name, cursor=cursor, limit=limit)


@router.post("/users", summary="Let somebody in", status_code=201)
async def add_account(wanted: NewAccount, request: Request, centre: CentreDep, identity: IdentityDep) -> AccountView:
    """409 when the name is taken; names are never given twice, for the audit log knows people by them."""
    if await asyncio.to_thread(centre.state.user, wanted.name) is not None:
        raise WrongStateError(f"There is an account {wanted.name!r} already.")
    areas, sectors = _known(centre, wanted.areas), kept(wanted.sectors)
    password_hash = await _hashed(request, wanted.password)
    now, role = centre.clock.now_ms(), wanted.role.value
    user = UserRow(wanted.name, role, password_hash, now, areas=areas, sectors=sectors)
    await asyncio.to_thread(centre.state.put_user, user)
    detail = f"{role} {bounds_of(areas, sectors)}".strip()
    await write_audit(centre, actor=identity.name, action="user_add", target=user.name, detail=detail)
    return _view(user, [])


@router.patch("/users/{name}", summary="Change an account")
async def change_account(
    name: Name, wanted: AccountWish, request: Request, centre: CentreDep, identity: IdentityDep
) -> AccountView:
    """A new password, and being disabled, end every session at once. 409: the last administrator, or oneself."""
    if await asyncio.to_thread(centre.state.user, name) is None:
        raise UnknownThingError(f"There is no account {name!r}.")
    fresh = await _hashed(request, wanted.password) if wanted.password else None
    change = AccountChange(
        wanted.role,
        disabled=None if wanted.state is None else wanted.state == "disabled",
        password_hash=fresh,
        areas=None if wanted.areas is None else _known(centre, wanted.areas),
        sectors=None if wanted.sectors is None else kept(wanted.sectors),
    )
    async with request.app.state.account_changes:  # or two administrators could disable each other at once
        everybody = await asyncio.to_thread(centre.state.users)
        user = next(each for each in everybody if each.name == name)
        try:
            after = changed(user, change, by=identity.name, everybody=everybody)
        except AccountError as error:
            raise WrongStateError(str(error)) from error
        await asyncio.to_thread(centre.state.put_user, after)
    if ends_sessions(user, after):
        await end_sessions(centre, name, but=identity.digest)
    await write_audit(centre, actor=identity.name, action="user_change", target=name, detail=words_of(user, after))
    return _view(after, await _open(centre))


@router.get("/sessions", summary="Open sessions and tokens")
async def list_sessions(centre: CentreDep, identity: IdentityDep, limit: Limit = 100) -> Page[SessionView]:
    """The newest first; those that have ended are left out."""
    rows = (await _open(centre))[:limit]
    return Page(items=[_session(row, identity.digest) for row in rows], next=None)


@router.delete("/sessions/{session}", summary="End a session or a token", status_code=204)
async def end_session(session: SessionName, centre: CentreDep, identity: IdentityDep) -> None:
    """At once: its next request is a stranger's, and its live feed ends."""
    row = next((each for each in await _open(centre) if name_of(each) == session), None)
    if row is None:
        raise UnknownThingError(f"There is no open session {session!r}.")
    await asyncio.to_thread(centre.state.drop_secret, row.digest)
    await write_audit(centre, actor=identity.name, action=f"{row.kind}_end", target=row.user, detail=session)


async def _open(centre: Centre) -> list[SecretRow]:
    now = door_now(centre)
    rows = await asyncio.to_thread(centre.state.secrets)
    return [row for row in rows if row.kind in ("session", "token") and now < row.expires_at]


def _known(centre: Centre, areas: tuple[str, ...]) -> str:
    """The areas as an account keeps them; 422 for one that does not exist."""
    for area in areas:
        if area not in centre.area_names():
            raise ProblemError(422, "invalid", f"There is no area {area!r}.")
    return kept(areas)


async def end_sessions(centre: Centre, user: str, *, but: str) -> None:
    """Every session of somebody but the one that asks."""
    for row in await _open(centre):
        if row.kind == "session" and row.user == user and row.digest != but:
            await asyncio.to_thread(centre.state.drop_secret, row.digest)


async def _hashed(request: Request, password: SecretStr) -> str:
    """Few at a time, for each hash takes 64 MiB on purpose."""
    if fault := fault_of(password.get_secret_value()):
        raise ProblemError(422, "weak_password", fault)
    async with request.app.state.password_checks:
        return await asyncio.to_thread(hash_password, password.get_secret_value())


def _view(user: UserRow, secrets: list[SecretRow]) -> AccountView:
    count = sum(row.kind == "session" and row.user == user.name for row in secrets)
    seen = (tuple(user.areas.split()), tuple(user.sectors.split()))
    return AccountView(user.name, Role(user.role), user.created_at, user.disabled, count, *seen)


def _session(row: SecretRow, own: str) -> SessionView:
    mine = row.digest == own
    seen = (row.created_at, row.expires_at, row.note, mine, tuple(row.areas.split()), tuple(row.sectors.split()))
    return SessionView(name_of(row), row.kind, row.user, row.role, *seen)
