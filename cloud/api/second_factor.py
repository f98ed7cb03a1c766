"""What a log-in asks for after the password, and how an administrator takes a lost second factor away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as InPath

from cloud.access.authenticators import Answer, UnprovenError
from cloud.access.passkeys import may_enrol_codes, shown_id
from cloud.access.second_factor import FactorRow, address, begin, confirmed, taken
from cloud.api.accounts import end_sessions
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep, door_now
from cloud.api.passkey_proof import answered, asked, keys_of
from cloud.api.problems import ProblemError
from cloud.errors import CloudError
from cloud.paper.labels import qr_picture
from cloud.store.base import UserRow

router = APIRouter(prefix="/api/v1", tags=["administration"])
Name = Annotated[str, InPath(pattern=r"^[^/]{1,64}$")]


class WrongCodeError(CloudError):
    """The code, or the passkey's answer, does not count: the log-in has failed. Says why, for the log."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows after the password: a code, or a passkey's answer to the question of this log-in."""

    code: str = ""
    passkey: Answer | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """How somebody has passed; `paper_codes` are those of a factor that is new."""

    how: str = ""
    paper_codes: tuple[str, ...] = ()


async def second_step(request: Request, centre: Centre, user: UserRow, shown: Shown) -> Passed:
    """Passes when nobody asks for more, or when what is shown counts.

    ProblemError 401 `second_factor` or `enrol_second_factor` while something is missing; WrongCodeError.
    """
    row = await asyncio.to_thread(centre.state.factors.factor, user.name)
    keys = await keys_of(centre, user.name)
    if shown.passkey is not None:
        try:
            key = await answered(request, centre, user.name, shown.passkey)
        except UnprovenError as error:
            raise WrongCodeError(f"passkey: {error}") from error
        return Passed(f"passkey {shown_id(key)} {key.name}")
    if may_enrol_codes(row, keys):
        if user.role not in centre.settings.second_factor_roles:
            return Passed()
        if row is None or not shown.code:  # what was shown to somebody before is shown to nobody again
            raise await _enrols(centre, user)
    elif not shown.code:
        raise _asks(row, asked(request, centre, user.name, keys))
    return await _coded(centre, user, row, shown.code, fresh=may_enrol_codes(row, keys))


async def _coded(centre: Centre, user: UserRow, row: FactorRow | None, code: str, *, fresh: bool) -> Passed:
    """Passes by a code of the app, or a paper code; `fresh`: its first code makes it the person's."""
    after = taken(row, code, now=door_now(centre)) if row is not None and (row.confirmed or fresh) else None
    codes: tuple[str, ...] = ()
    if after is not None and fresh:
        after, codes = confirmed(after)
    if row is None or after is None or not await asyncio.to_thread(centre.state.factors.replace, row, after):
        raise WrongCodeError("second factor")
    if codes:
        await write_audit(centre, actor=user.name, action="second_factor_add", target=user.name)
    return Passed("code", codes)


@router.delete("/users/{name}/second-factor", status_code=204, summary="Take a lost second factor away")
async def drop_second_factor(name: Name, centre: CentreDep, identity: IdentityDep) -> None:
    """Ends the person's sessions; the next log-in begins a new one. Know the face or voice of whoever asks for it."""
    had = await asyncio.to_thread(centre.state.factors.drop, name)
    keys = await asyncio.to_thread(centre.state.passkeys.drop, name)
    if not (had or keys):
        raise UnknownThingError(f"{name!r} has no second factor.")
    await end_sessions(centre, name, but=identity.digest)
    said = f"{keys} passkeys" if keys else ""
    await write_audit(centre, actor=identity.name, action="second_factor_drop", target=name, detail=said)


def _asks(row: FactorRow | None, passkey: dict[str, Any] | None) -> ProblemError:
    """Asks for a code, when the person has an app, and for a passkey, when there is one that can answer here."""
    told = {"code": row is not None and row.confirmed, "passkey": passkey}
    return ProblemError(
        401, "second_factor", "Send the app's code or a paper code as `code`, or what `passkey` is answered with.",
        more=[told],
    )  # fmt: skip


async def _enrols(centre: Centre, user: UserRow) -> ProblemError:
    row = begin(user.name, now=door_now(centre))
    await asyncio.to_thread(centre.state.factors.put, row)
    told = {"secret": row.secret, "address": address(row), "picture": qr_picture(address(row))}
    return ProblemError(
        401, "enrol_second_factor", "Add this centre to an app for codes, and send its first code.", more=[told]
    )
