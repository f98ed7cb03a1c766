"""What a log-in asks for after the password, and how an administrator takes a lost second factor away."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from cloud.access.second_factor import FactorRow, address, begin, confirmed, taken
from cloud.api.accounts import end_sessions
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep, door_now
from cloud.api.problems import ProblemError
from cloud.errors import CloudError
from cloud.paper.labels import qr_picture
from cloud.store.base import UserRow

router = APIRouter(prefix="/api/v1", tags=["administration"])
Name = Annotated[str, InPath(pattern=r"^[^/]{1,64}$")]


class WrongCodeError(CloudError):
    """The code does not count: the log-in has failed."""


async def second_step(centre: Centre, user: UserRow, code: str) -> tuple[str, ...]:
    """Passes when nobody asks for more, or the code counts; gives paper codes when the factor is new.

    ProblemError 401 `second_factor` or `enrol_second_factor` while a code is missing; WrongCodeError.
    """
    factors = centre.state.factors
    row = await asyncio.to_thread(factors.factor, user.name)
    if (row is None or not row.confirmed) and user.role not in centre.settings.second_factor_roles:
        return ()
    if row is None or not (code or row.confirmed):  # what was shown to somebody before is shown to nobody again
        row = begin(user.name, now=door_now(centre))
        await asyncio.to_thread(factors.put, row)
        raise _asks(row)
    if not code:
        raise _asks(row)
    after = taken(row, code, now=door_now(centre))
    codes: tuple[str, ...] = ()
    if after is not None and not row.confirmed:
        after, codes = confirmed(after)
    if after is None or not await asyncio.to_thread(factors.replace, row, after):
        raise WrongCodeError
    if codes:
        await write_audit(centre, actor=user.name, action="second_factor_add", target=user.name)
    return codes


@router.delete("/users/{name}/second-factor", status_code=204, summary="Take a lost second factor away")
async def drop_second_factor(name: Name, centre: CentreDep, identity: IdentityDep) -> None:
    """Ends the person's sessions; the next log-in begins a new one. Know the face or voice of whoever asks for it."""
    if not await asyncio.to_thread(centre.state.factors.drop, name):
        raise UnknownThingError(f"{name!r} has no second factor.")
    await end_sessions(centre, name, but=identity.digest)
    await write_audit(centre, actor=identity.name, action="second_factor_drop", target=name)


def _asks(row: FactorRow) -> ProblemError:
    if row.confirmed:
        return ProblemError(401, "second_factor", "Send the code that the app shows, or a paper code, as `code`.")
    told = {"secret": row.secret, "address": address(row), "picture": qr_picture(address(row))}
    return ProblemError(
        401, "enrol_second_factor", "Add this centre to an app for codes, and send its first code.", more=[told]
    )
