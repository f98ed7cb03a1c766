"""What follows a log-out for whoever came with the province's account: the log-in server's own session ends, too."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Request, Response

from cloud.access.sessions import ABSOLUTE_MS, Identity
from cloud.api.deps import Centre
from cloud.api.guard import public_address
from cloud.store.base import UserRow

HINT_COOKIE: Final = "thacba_sso_hint"  # the log-in server's token, sealed; sent back at the log-out alone
HINT_PATH: Final = "/api/v1/session"
LEFT_COOKIE: Final = "thacba_sso_left"  # the state that whoever left comes back with
LEFT_PATH: Final = "/login/sso/left"
LEFT_S: Final = 600


def remember(centre: Centre, user: UserRow, token: str, response: Response) -> None:
    """Lets the browser keep what the log-in server knows its session by; one that is too long is not kept."""
    sealed = centre.settings.sso.hint(user, token) if centre.settings.sso else ""
    if not sealed:
        _forget(centre, response)
        return
    response.set_cookie(
        HINT_COOKIE, sealed, max_age=ABSOLUTE_MS // 1000, path=HINT_PATH, secure=centre.settings.cookie_secure,
        httponly=True, samesite="strict",
    )  # fmt: skip


async def farewell(request: Request, centre: Centre, identity: Identity) -> tuple[str, str] | None:
    """Where the browser goes on, and the state that it comes back with; None: it has nowhere to go."""
    office = centre.settings.sso
    if office is None or identity.kind != "session":
        return None
    user = await asyncio.to_thread(centre.state.user, identity.name)
    redirect = f"{public_address(request, centre)}{LEFT_PATH}"
    return await office.farewell(user, request.cookies.get(HINT_COOKIE, ""), redirect) if user else None


def send_off(centre: Centre, response: Response, state: str) -> None:
    """The browser forgets the token, and remembers with which state it comes back."""
    _forget(centre, response)
    response.set_cookie(
        LEFT_COOKIE, state, max_age=LEFT_S, path=LEFT_PATH, secure=centre.settings.cookie_secure, httponly=True,
        samesite="lax",
    )  # fmt: skip


def _forget(centre: Centre, response: Response) -> None:
    response.delete_cookie(
        HINT_COOKIE, path=HINT_PATH, secure=centre.settings.cookie_secure, httponly=True, samesite="strict"
    )
