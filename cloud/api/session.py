"""Log in, log out, who am I."""

from __future__ import annotations

import asyncio
import math
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from cloud.access.attempts import Attempts
from cloud.access.passwords import MAX_LENGTH, verify_password
from cloud.access.roles import Role
from cloud.access.sessions import ABSOLUTE_MS, begin_session
from cloud.api.audit import write_audit
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep, cookie_name, door_now
from cloud.api.leaving import farewell, send_off
from cloud.api.problems import ProblemError
from cloud.api.second_factor import Shown, WrongCodeError, second_step
from cloud.store.base import UserRow

router = APIRouter(prefix="/api/v1", tags=["session"])


class Credentials(BaseModel):
    """What a person types to log in."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"user": "trucban", "password": "a long sentence of yours"}]},
    )
    user: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]
    code: Annotated[str, Field(max_length=32, description="The second factor, when it is asked for.")] = ""
    passkey: dict[str, Any] | None = Field(None, description="Instead of a code: what a passkey has answered.")


class Me(BaseModel):
    """Who the centre takes the caller for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user": "trucban", "role": "operator"}]})
    user: str
    role: Role


class LoggedIn(Me):
    """Who has come in."""

    paper_codes: tuple[str, ...] = Field((), description="Of a new second factor; shown this once.")


@router.post("/session", summary="Log in", responses={401: {"description": "Wrong user or password"}})
async def log_in(credentials: Credentials, request: Request, response: Response, centre: CentreDep) -> LoggedIn:
    """Sets the session cookie (HttpOnly, SameSite=Lax). Too many failures make name and address wait (429)."""
    address = request.client.host if request.client else ""
    attempts: Attempts = request.app.state.attempts
    user = await user_of(request, centre, credentials, action="log_in_failed")
    try:
        passed = await second_step(request, centre, user, Shown(credentials.code, credentials.passkey))
    except WrongCodeError as error:
        attempts.failed(credentials.user, address, now=door_now(centre))
        await write_audit(centre, actor=user.name, action="log_in_failed", target=address, detail=str(error))
        code = "wrong_code" if credentials.passkey is None else "wrong_passkey"
        raise ProblemError(401, code, "That does not count, or not any more.") from None
    attempts.succeeded(user.name, address)
    await open_session(centre, user, address, response, how=passed.how)
    return LoggedIn(user=user.name, role=Role(user.role), paper_codes=passed.paper_codes)


async def open_session(centre: Centre, user: UserRow, address: str, response: Response, *, how: str = "") -> None:
    """Lets a person in whom somebody has vouched for: the row, the audit (`how`: by which factor), the cookie."""
    secret, row = begin_session(user, now=door_now(centre), note=address)
    await asyncio.to_thread(centre.state.put_secret, row)
    await write_audit(centre, actor=user.name, action="log_in", target=address, detail=how)
    response.set_cookie(
        cookie_name(centre), secret, max_age=ABSOLUTE_MS // 1000, path="/",
        secure=centre.settings.cookie_secure, httponly=True, samesite="lax",
    )  # fmt: skip


class Left(BaseModel):
    """What is still to do after the log-out."""

    leave: str = Field(
        description="Where the browser goes on: there the province's log-in server ends its own session.",
        examples=["https://dangnhap.laocai.example/logout?client_id=thacba"],
    )


@router.delete(
    "/session", summary="Log out", response_model=Left, responses={204: {"description": "Nothing is left to do"}}
)
async def log_out(identity: IdentityDep, request: Request, centre: CentreDep) -> Response:
    """Ends the session or token that the request carries, in any case and first; 200 says where the browser goes on."""
    await asyncio.to_thread(centre.state.drop_secret, identity.digest)
    await write_audit(centre, actor=identity.name, action="log_out")
    onward = await farewell(request, centre, identity)
    answer = Response(status_code=204)
    if onward is not None:
        answer = JSONResponse(Left(leave=onward[0]).model_dump())
        send_off(centre, answer, onward[1])
    answer.delete_cookie(
        cookie_name(centre), path="/", secure=centre.settings.cookie_secure, httponly=True, samesite="lax"
    )
    return answer


@router.get("/me", summary="Who am I")
async def me(identity: IdentityDep) -> Me:
    """The caller's name and role."""
    return Me(user=identity.name, role=identity.role)


def _refuse_hurry(attempts: Attempts, name: str, address: str, *, now: int) -> None:
    wait_ms = attempts.wait_ms(name, address, now=now)
    if wait_ms:
        seconds = math.ceil(wait_ms / 1000)
        raise ProblemError(
            429, "too_many", f"Too many failed log-ins; wait {seconds} s.", {"Retry-After": str(seconds)}
        )


async def user_of(request: Request, centre: Centre, credentials: Credentials, *, action: str) -> UserRow:
    """The user whose password it is; ProblemError 401 or, after too many failures, 429. A failure is written down.

    Few at a time, for each check takes 64 MiB on purpose.
    """
    address = request.client.host if request.client else ""
    attempts: Attempts = request.app.state.attempts
    _refuse_hurry(attempts, credentials.user, address, now=door_now(centre))
    user = await asyncio.to_thread(centre.state.user, credentials.user)
    known = user.password_hash if user and not user.disabled else ""
    async with request.app.state.password_checks:
        right = await asyncio.to_thread(verify_password, known, credentials.password)
    if user is None or not right:
        attempts.failed(credentials.user, address, now=door_now(centre))
        await write_audit(centre, actor=credentials.user, action=action, target=address)
        raise ProblemError(401, "wrong_credentials", "User or password is wrong.")
    return user
