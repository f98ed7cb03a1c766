"""Adds the pages to the API's app: routes, static files, and errors that a person can read."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from cloud.api.app import create_api
from cloud.api.deps import Centre
from cloud.web import (
    account,
    admin,
    alarms,
    cameras,
    commissioning,
    disaster,
    environment,
    exercise,
    gateways,
    handover,
    incidents,
    leader,
    letters,
    pages,
    planned,
    profiles,
    public,
    reports,
    rules,
    search,
    sectors,
    sitemap,
    sso,
    wall,
    waves,
)
from cloud.web.render import HERE, page, taste_of
from cloud.web.words import word, word_or


def create_site(centre: Centre) -> FastAPI:
    """The app that uvicorn serves: the API and the pages on top of it."""
    app = create_api(centre)
    add_pages(app)
    return app


def add_pages(app: FastAPI) -> None:
    """Routes of the pages and their static files."""
    app.include_router(pages.router)
    app.include_router(sso.router)
    app.include_router(alarms.router)
    app.include_router(cameras.router)
    app.include_router(wall.router)
    app.include_router(leader.router)
    app.include_router(reports.router)
    app.include_router(incidents.router)
    app.include_router(disaster.router)
    app.include_router(environment.router)
    app.include_router(handover.router)
    app.include_router(planned.router)
    app.include_router(letters.router)
    app.include_router(commissioning.router)
    app.include_router(rules.router)
    app.include_router(profiles.router)
    app.include_router(gateways.router)
    app.include_router(waves.router)
    app.include_router(sitemap.router)
    app.include_router(sectors.router)
    app.include_router(search.router)
    app.include_router(exercise.router)
    app.include_router(public.router)
    app.include_router(admin.router)
    app.include_router(account.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.state.error_page = error_page


def error_page(request: Request, status: int, code: str, detail: str) -> Response:
    """A stranger goes to the log-in page; everybody else reads what went wrong."""
    if status == 401 and request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?back={quote(back, safe='/')}", 303)
    language = taste_of(request).language
    message = word_or(language, f"error.{code}", word(language, "error.other"))
    return page(request, "error.html", status=status, code=code, message=message, detail=detail)
