"""Log-in with the province's account: to its log-in server and back."""

from __future__ import annotations

import logging
from secrets import compare_digest
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cloud.access.accounts import words_of
from cloud.access.scope import bounds_of
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, public_address
from cloud.api.leaving import LEFT_COOKIE, LEFT_PATH, remember
from cloud.api.session import open_session
from cloud.sso.client import SsoError, UnbelievedError
from cloud.sso.office import Entry, SsoOffice
from cloud.web.pages import inside
from cloud.web.render import page

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
STATE_COOKIE: Final = "thacba_sso"
STATE_S: Final = 600
Word = Annotated[str, Query(max_length=4096)]


@router.get("/login/sso")
async def to_the_province(
    request: Request, centre: CentreDep, back: Annotated[str, Query(max_length=300)] = "/"
) -> Response:
    """Sends the browser to the log-in server; its cookie makes sure that the same browser comes back."""
    office = _office(centre)
    try:
        sealed, address = await office.begin(inside(back), _redirect(request, centre))
    except SsoError as error:
        return _refused(request, "unreachable", str(error))
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        STATE_COOKIE, sealed, max_age=STATE_S, path="/login/sso", secure=centre.settings.cookie_secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@router.get("/login/sso/callback")
async def from_the_province(
    request: Request, centre: CentreDep, state: Word = "", code: Word = "", error: Word = ""
) -> Response:
    """Whoever comes back with a code that the log-in server vouches for is in."""
    office = _office(centre)
    if error or not code:
        return _refused(request, "declined", error)
    try:
        entry = await office.finish(request.cookies.get(STATE_COOKIE, ""), state, code, _redirect(request, centre))
    except UnbelievedError as fault:
        return _refused(request, "unbelieved", str(fault))
    except SsoError as fault:
        return _refused(request, "unreachable", str(fault))
    address = request.client.host if request.client else ""
    if entry.user is None:
        detail = f"sso: {entry.refused}"
        if entry.name:
            await write_audit(centre, actor=entry.name, action="log_in_failed", target=address, detail=detail)
        return _refused(request, entry.refused or "expired", detail)
    answer = RedirectResponse(inside(entry.back), 303)
    await _note(centre, entry)
    await open_session(centre, entry.user, address, answer, how="sso")
    remember(centre, entry.user, entry.token, answer)
    answer.delete_cookie(STATE_COOKIE, path="/login/sso")
    return answer


@router.get(LEFT_PATH)
async def left(request: Request, centre: CentreDep, state: Word = "") -> Response:
    """Whoever comes back from the log-out at the log-in server reads that both sessions have ended."""
    kept = request.cookies.get(LEFT_COOKIE, "")
    if not kept or not compare_digest(kept.encode(), state.encode()):
        return page(request, "login.html", back="/")
    answer = page(request, "login.html", back="/", left=True)
    answer.delete_cookie(LEFT_COOKIE, path=LEFT_PATH, secure=centre.settings.cookie_secure, httponly=True)
    return answer


async def _note(centre: Centre, entry: Entry) -> None:
    if entry.user is None or entry.user == entry.before:
        return
    what = "user_add" if entry.before is None else "user_change"
    new = f"{entry.user.role} {bounds_of(entry.user.areas, entry.user.sectors)}".strip()
    detail = new if entry.before is None else words_of(entry.before, entry.user)
    await write_audit(centre, actor="sso", action=what, target=entry.user.name, detail=detail)


def _office(centre: Centre) -> SsoOffice:
    if centre.settings.sso is None:
        raise UnknownThingError("No log-in server is configured.")
    return centre.settings.sso


def _redirect(request: Request, centre: Centre) -> str:
    return f"{public_address(request, centre)}/login/sso/callback"


def _refused(request: Request, why: str, detail: str) -> HTMLResponse:
    log.warning("log-in with the province's account refused", extra={"why": why, "detail": detail})
    return page(request, "login.html", back="/", refused=why, status=403)
