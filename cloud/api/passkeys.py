"""A person's own passkeys: register one, see them, remove one. Each begins with the password, and with a session."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from cloud.access.authenticators import UnprovenError, made, registration
from cloud.access.passkeys import MOST_EACH, Party, PasskeyRow, shown_id
from cloud.access.passwords import MAX_LENGTH
from cloud.access.sessions import Identity
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep, door_now
from cloud.api.pages import Page
from cloud.api.passkey_proof import challenges_of, keys_of, party_here, question_of
from cloud.api.problems import ProblemError
from cloud.api.session import Credentials, user_of

router = APIRouter(prefix="/api/v1", tags=["session"])
KeyName = Annotated[str, InPath(pattern=r"^[0-9a-f]{16}$")]
WORDS = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PasskeyView(BaseModel):
    """A passkey as its owner sees it. Times in ms since 1970 UTC."""

    id: str = Field(examples=["5d7f3c2b9a104e68"])
    name: str = Field(examples=["Điện thoại trực ban"])
    created_at: int
    used_at: int | None = Field(description="When it was last answered with; null = never.")


class Proof(BaseModel):
    """That whoever holds the session is its person."""

    model_config = WORDS
    password: SecretStr = Field(min_length=1, max_length=MAX_LENGTH, examples=["a long sentence of yours"])


class PasskeyQuestion(BaseModel):
    """What the browser is asked."""

    options: dict[str, Any] = Field(description="What navigator.credentials.create takes; bytes in base64url.")


class NewPasskey(BaseModel):
    """A passkey that a device has made."""

    model_config = WORDS
    name: str = Field(min_length=1, max_length=60, pattern=r"\S", examples=["Điện thoại trực ban"])
    credential: dict[str, Any] = Field(description="What the browser answered, as its toJSON() writes it.")


@router.get("/passkeys", summary="Your passkeys")
async def list_passkeys(centre: CentreDep, identity: IdentityDep) -> Page[PasskeyView]:
    """The oldest first; a program's token has none."""
    rows = await keys_of(centre, identity.name) if identity.kind == "session" else ()
    return Page(items=list(map(view_of, rows)), next=None)


@router.post("/passkeys/question", summary="Begin a passkey")
async def begin_passkey(proof: Proof, request: Request, centre: CentreDep, identity: IdentityDep) -> PasskeyQuestion:
    """Asks the device for one; the answer counts for two minutes, once, in this session. 409: not here, or too many."""
    party = await _allowed(request, centre, identity, proof)
    known = await keys_of(centre, identity.name)
    if len(known) >= MOST_EACH:
        raise WrongStateError(f"Nobody has more than {MOST_EACH} passkeys: remove one first.")
    challenge = challenges_of(request).ask("register", identity.digest, now=door_now(centre))
    return PasskeyQuestion(options=registration(party, identity.name, known, challenge))


@router.post("/passkeys", summary="Register a passkey", status_code=201)
async def add_passkey(wish: NewPasskey, request: Request, centre: CentreDep, identity: IdentityDep) -> PasskeyView:
    """Keeps what the device answered. 422: it proves nothing, or not any more."""
    try:
        party, challenge = question_of(request, centre, wish.credential, "register", identity.digest)
        found = made(party, wish.credential, challenge)
    except UnprovenError as error:
        await write_audit(
            centre, actor=identity.name, action="passkey_refused", target=identity.name, detail=str(error)
        )
        raise ProblemError(422, "wrong_passkey", "That passkey does not count, or not any more.") from error
    now = door_now(centre)
    row = PasskeyRow(
        found.credential, identity.name, found.public_key, found.counter, wish.name.strip(), created_at=now, used_at=0
    )
    if not await asyncio.to_thread(centre.state.passkeys.add, row):
        raise WrongStateError("This passkey is registered already.")
    await _note(centre, "passkey_add", row)
    return view_of(row)


@router.post("/passkeys/{passkey}/remove", summary="Remove a passkey", status_code=204)
async def remove_passkey(
    passkey: KeyName, proof: Proof, request: Request, centre: CentreDep, identity: IdentityDep
) -> None:
    """From now on nobody logs in with it."""
    row = next((each for each in await keys_of(centre, identity.name) if shown_id(each) == passkey), None)
    if row is None or identity.kind != "session":
        raise UnknownThingError(f"You have no passkey {passkey!r}.")
    await _prove(request, centre, identity, proof)
    await asyncio.to_thread(centre.state.passkeys.drop, identity.name, row.credential)
    await _note(centre, "passkey_remove", row)


def view_of(row: PasskeyRow) -> PasskeyView:
    """The passkey as its owner sees it."""
    return PasskeyView(id=shown_id(row), name=row.name, created_at=row.created_at, used_at=row.used_at or None)


async def may_have(centre: Centre, identity: Identity) -> bool:
    """Whether passkeys are of use to whoever asks: a person with a password of this centre."""
    user = await asyncio.to_thread(centre.state.user, identity.name) if identity.kind == "session" else None
    return user is not None and bool(user.password_hash)


async def _allowed(request: Request, centre: Centre, identity: Identity, proof: Proof) -> Party:
    if not await may_have(centre, identity):
        raise WrongStateError("Passkeys are for people who log in with a password of this centre.")
    party = party_here(request, centre)
    if party is None:
        raise WrongStateError("Passkeys need an https address with a name: set public_url of [http].")
    await _prove(request, centre, identity, proof)
    return party


async def _prove(request: Request, centre: Centre, identity: Identity, proof: Proof) -> None:
    shown = Credentials(user=identity.name, password=proof.password.get_secret_value())
    await user_of(request, centre, shown, action="password_refused")


async def _note(centre: Centre, action: str, row: PasskeyRow) -> None:
    await write_audit(centre, actor=row.user, action=action, target=row.user, detail=f"{shown_id(row)} {row.name}")
