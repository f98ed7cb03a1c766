"""Every error as application/problem+json (RFC 9457), with a code that programs can rely on."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from cloud.api.deps import (
    RefusedOrderError,
    UnknownThingError,
    WrongStateError,
)
from cloud.api.rule_book import RuleChangedError
from cloud.configuring.terms import ConfigurationChangedError, UnknownGatewayError
from cloud.configuring.waves import RolloutError
from cloud.enrolment.certificates import AuthorityError
from cloud.enrolment.registry import RegistryError
from cloud.errors import CloudError, StoreUnavailableError

MEDIA_TYPE = "application/problem+json"
_STATUS_OF: dict[type[CloudError], tuple[int, str]] = {
    UnknownThingError: (404, "unknown"),
    WrongStateError: (409, "wrong_state"),
    RefusedOrderError: (422, "refused"),
    RuleChangedError: (412, "changed"),
    UnknownGatewayError: (404, "unknown"),
    ConfigurationChangedError: (412, "changed"),
    RolloutError: (409, "wrong_state"),
    AuthorityError: (409, "no_authority"),
    RegistryError: (409, "wrong_state"),
    StoreUnavailableError: (503, "store_unavailable"),
}
_STATUS_OF_REASON = {"unknown": 404, "site_unknown": 422, "profile_unknown": 422}  # of the registry; the rest is 409
_CODE_OF_STATUS = {
    400: "bad_request", 401: "not_logged_in", 403: "forbidden", 404: "unknown", 405: "method", 413: "too_large",
    422: "invalid", 429: "too_many",
}  # fmt: skip
_ADVICE = {401: {"WWW-Authenticate": 'Bearer realm="thacba"'}, 503: {"Retry-After": "5"}}


class ProblemError(CloudError, HTTPException):
    """An answer that is an error, said on purpose by a route; an HTTPException, so FastAPI lets it through."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, *, more: object = None
    ) -> None:
        HTTPException.__init__(self, status, detail, headers)
        self.code = code
        self.more = more


def problem(request: Request, status: int, *, code: str, detail: str, more: object = None) -> Response:
    """The error as an answer; a browser outside the API gets a page that says it in its language."""
    if _wants_page(request):
        page: Response = request.app.state.error_page(request, status, code, detail)
        return page
    body: dict[str, object] = {
        "type": f"urn:thacba:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
    }
    if more is not None:
        body["errors"] = more
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers=_ADVICE.get(status))


def add_problems(app: FastAPI) -> None:
    """Makes the app answer every error as a problem."""
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    for kind in _STATUS_OF:
        app.add_exception_handler(kind, _of_ours)
    app.add_exception_handler(500, _of_bug)


def _wants_page(request: Request) -> bool:
    """A person with a browser, outside the API, gets a page."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- the signature of Starlette's handlers is wider
    code = error.code if isinstance(error, ProblemError) else _CODE_OF_STATUS.get(error.status_code, "http")
    more = error.more if isinstance(error, ProblemError) else None
    answer = problem(request, error.status_code, code=code, detail=str(error.detail), more=more)
    answer.headers.update(error.headers or {})
    return answer


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [
        {"where": ".".join(str(part) for part in fault["loc"]), "reason": fault["msg"]} for fault in error.errors()
    ]
    first = f"{faults[0]['where']}: {faults[0]['reason']}" if faults else "wrong"
    return problem(request, 422, code="invalid", detail=first, more=faults)


async def _of_ours(request: Request, error: Exception) -> Response:
    status, code = next(answer for kind, answer in _STATUS_OF.items() if isinstance(error, kind))
    if isinstance(error, RegistryError):
        status, code = _STATUS_OF_REASON.get(error.reason, status), error.reason
    return problem(request, status, code=code, detail=str(error))


async def _of_bug(request: Request, _error: Exception) -> Response:
    return problem(request, 500, code="internal", detail="The centre made a mistake; it is in the log.")
