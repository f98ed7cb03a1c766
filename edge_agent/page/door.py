"""Who comes in, what a form says, and what people read when something fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from edge_agent.commissioning.desk import DeskError
from edge_agent.commissioning.steps import StepError
from edge_agent.connector import EdgeError
from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.page.cabinet import look
from edge_agent.page.render import cabinet_of, page, taste_of
from edge_agent.page.shield import TooLargeError
from edge_agent.page.words import word

COOKIE: Final = "thacba_page"
PARTS: Final = "/part/"
MOST_FIELDS: Final = 800
Form = Mapping[str, list[str]]


class StrangerError(EdgeError):
    """Somebody asks who has not shown the code."""


class EntryError(EdgeError):
    """What was entered is not right; `key` names the sentence, `facts` fill it."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts

    def sentence(self, request: Request) -> str:
        """What the viewer reads."""
        return word(taste_of(request).language, self.key, **self.facts)


async def known(request: Request) -> None:
    """Lets those pass who showed the code of the label."""
    if not cabinet_of(request).access.knows(request.cookies.get(COOKIE, "")):
        raise StrangerError("show the code first")


async def form_of(request: Request) -> Form:
    """The fields of a form."""
    body = await request.body()
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise EntryError("fault.invalid") from error


def first(form: Form, name: str, *, most: int = 500) -> str:
    """The first value of a field, trimmed; empty when it is not there."""
    return form.get(name, [""])[0].strip()[:most]


def go(path: str) -> RedirectResponse:
    """To the next page, so that reloading it sends nothing twice."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def add_faults(app: FastAPI) -> None:
    """Every foreseen failure becomes a page with a sentence."""
    app.add_exception_handler(StrangerError, _to_the_door)
    app.add_exception_handler(AgentAwayError, _said("away", HTTPStatus.SERVICE_UNAVAILABLE))
    app.add_exception_handler(ControlError, _refused)
    app.add_exception_handler(EntryError, _entered_wrongly)
    app.add_exception_handler(DeskError, _desk_refused)
    app.add_exception_handler(StepError, _desk_refused)
    app.add_exception_handler(TooLargeError, _said("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
    app.add_exception_handler(RequestValidationError, _said("invalid", HTTPStatus.UNPROCESSABLE_ENTITY))
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _http)  # logged by the server all the same


async def _to_the_door(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith((PARTS, "/files/")):
        return PlainTextResponse("", HTTPStatus.UNAUTHORIZED)
    back = request.url.path if request.method == "GET" else "/"
    return go(f"/login?back={quote(back)}")


async def _refused(request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, ControlError) else ControlError("", str(error))
    if "no such verb" in refusal.why:
        return await _fault(request, "unknown_verb", HTTPStatus.NOT_IMPLEMENTED)
    why = f"{refusal.why} {refusal.hint}".strip()
    return await _fault(request, "refused", HTTPStatus.CONFLICT, why=why)


async def _entered_wrongly(request: Request, error: Exception) -> Response:
    sentence = error.sentence(request) if isinstance(error, EntryError) else ""
    return await _fault_page(request, sentence, HTTPStatus.UNPROCESSABLE_ENTITY)


async def _desk_refused(request: Request, error: Exception) -> Response:
    if "disk" in str(error):
        return await _fault(request, "disk_full", HTTPStatus.INSUFFICIENT_STORAGE)
    return await _fault(request, "desk", HTTPStatus.CONFLICT, why=str(error))


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return await _fault(request, "not_found" if status in (404, 405) else "other", HTTPStatus(status))


def _said(key: str, status: HTTPStatus) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, _error: Exception) -> Response:
        return await _fault(request, key, status)

    return answer


async def _fault(request: Request, key: str, status: HTTPStatus, **facts: object) -> Response:
    return await _fault_page(request, word(taste_of(request).language, f"fault.{key}", **facts), status)


async def _fault_page(request: Request, sentence: str, status: HTTPStatus) -> Response:
    """The sentence alone for scripts, a whole page for people; strangers see nothing of the gateway."""
    if request.url.path.startswith(("/files/", PARTS)):
        return PlainTextResponse(sentence, status)
    cabinet = cabinet_of(request)
    inside = cabinet.access.knows(request.cookies.get(COOKIE, ""))
    glance = await look(cabinet) if inside else None
    return page(request, "fault.html", glance, status=status, sentence=sentence)
