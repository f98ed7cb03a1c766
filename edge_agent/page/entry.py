"""The door and what everybody may fetch: the code, language and theme, and the shell that a phone keeps."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from edge_agent.page.access import CodeRefusedError
from edge_agent.page.door import COOKIE, first, form_of, go
from edge_agent.page.present import span
from edge_agent.page.render import HERE, LANGUAGE_COOKIE, THEME_COOKIE, cabinet_of, page, taste_of
from edge_agent.page.words import word

router = APIRouter(include_in_schema=False)
YEAR_S: Final = 365 * 86_400
Back = Annotated[str, Query(max_length=200)]


@router.get("/login")
async def code_page(request: Request, back: Back = "/") -> HTMLResponse:
    """The only page that a stranger sees."""
    return _asked_for_code(request, back)


@router.post("/login")
async def enter(request: Request) -> Response:
    """Takes the code of the label."""
    form = await form_of(request)
    back = inside(first(form, "back"))
    access = cabinet_of(request).access
    phone = request.client.host if request.client else ""
    try:
        token = await asyncio.to_thread(access.enter, first(form, "code", most=40), phone=phone)
    except CodeRefusedError as refused:
        return _asked_for_code(request, back, refused)
    answer = go(back)
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return answer


@router.post("/leave")
async def leave(request: Request) -> Response:
    """Ends the session of this phone."""
    cabinet_of(request).access.leave(request.cookies.get(COOKIE, ""))
    answer = go("/login")
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/preferences")
async def preferences(
    back: Back = "/",
    language: Literal["vi", "en"] | None = None,
    theme: Literal["light", "dark"] | None = None,
) -> Response:
    """Remembers language or theme in a cookie and goes back."""
    answer = go(inside(back))
    for cookie, chosen in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        if chosen:
            answer.set_cookie(cookie, chosen, max_age=YEAR_S, httponly=True, samesite="lax")
    return answer


@router.get("/offline")
async def offline(request: Request) -> HTMLResponse:
    """What the phone shows when it does not see the gateway; it keeps this page."""
    return page(request, "offline.html")


@router.get("/worker.js")
async def worker() -> Response:
    """The service worker; it may serve the whole page because it lies at the top."""
    return FileResponse(HERE / "static" / "worker.js", media_type="text/javascript")


@router.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    """What makes the page installable."""
    language = taste_of(request).language
    icons = [
        {"src": "/static/icon-192.png", "sizes": "192x192", "type": "image/png"},
        {"src": "/static/icon-512.png", "sizes": "512x512", "type": "image/png"},
    ]
    content = {
        "id": "/",
        "name": word(language, "shell.title"),
        "short_name": word(language, "shell.short"),
        "lang": language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b3d5c",
        "icons": icons,
    }
    return JSONResponse(content, media_type="application/manifest+json")


def inside(back: str) -> str:
    """An address of our own page to go back to; never another one (open redirect)."""
    ours = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and "\\" not in back
    return back if ours else "/"


def _asked_for_code(request: Request, back: str, refused: CodeRefusedError | None = None) -> HTMLResponse:
    language = taste_of(request).language
    access = cabinet_of(request).access
    mistake, status = "", HTTPStatus.OK
    if not access.has_code:
        mistake = word(language, "entry.no_code")
    elif refused is not None and refused.wait_s > 0:
        mistake, status = (
            word(language, "entry.wait", span=span(refused.wait_s, language)),
            HTTPStatus.TOO_MANY_REQUESTS,
        )
    elif refused is not None:
        mistake, status = word(language, "entry.wrong"), HTTPStatus.FORBIDDEN
    return page(request, "login.html", status=status, back=inside(back), mistake=mistake)
