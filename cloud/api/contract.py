"""Completes the contract that FastAPI writes: who may come in, and with what each route refuses; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cloud.access.policy import Open, rule_for
from cloud.api.repeats import HEADER, KEPT_MS, MOST_KEY, takes_key

Document = dict[str, Any]
PROBLEM_JSON: Final = "application/problem+json"
_TEXT: Final = {"type": "string"}
PROBLEM: Final[Document] = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 has it; `code` is a word that programs can rely on.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:thacba:problem:[a-z0-9_]+$"},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _TEXT,
        "instance": _TEXT,
        "code": _TEXT,
        "errors": {"description": "More about each fault; its form goes with the code."},
    },
}
MEANING: Final = {
    400: "What was sent cannot be read: a cursor or a key that this API does not know.",
    401: "Nobody who is known: log in, or send a bearer token.",
    403: "The role does not allow this, or another site sent the request.",
    404: "There is no such thing, or it lies out of sight of whoever asks.",
    409: "What is there now does not allow this.",
    412: "Somebody changed it meanwhile: fetch it again.",
    413: "The body is too large.",
    415: "A file of this kind is not taken.",
    422: "What was sent is not what this route takes.",
    428: "Send the version that you read as If-Match, so that no change gets lost.",
    429: "Too fast; `Retry-After` says when to come back.",
}
KEY: Final[Document] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": f"Sent again within {KEPT_MS // 3_600_000} h it is not done again: the first answer comes back.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_KEY},
    "example": "9f1c2c1e-move-1",
}
PUBLIC: Final = ("/api/v1/public", "/healthz")  # what strangers may read and send
ABSENT: Final = "/api/v1/exercise"  # there is none most of the time
MATCH: Final = "If-Match"
METHODS: Final = ("get", "post", "put", "patch", "delete")


def completed(document: Document, *, cookie: str) -> Document:
    """The same document with ways to log in, and with every refusal; `cookie` is the session's."""
    parts = document.setdefault("components", {})
    if "securitySchemes" in parts:
        return document  # FastAPI makes it once
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A program's token."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "A person's session."},
    }
    for path, method, operation in _operations(document):
        rule = rule_for(method, path)
        known = rule is not Open.EVERYONE
        operation["security"] = [{"token": []}, {"session": []}] if known else []
        if known and rule is not None:
            operation["x-least-role"] = str(rule.value)
        answers = operation["responses"]
        for status in _refusals(method, path, operation):
            answers.setdefault(str(status), {"description": MEANING[status], "content": {PROBLEM_JSON: {}}})
        if takes_key(method, path):
            operation.setdefault("parameters", []).append(KEY)
        for answer in answers.values():
            if PROBLEM_JSON in answer.get("content", {}):
                answer["content"][PROBLEM_JSON].setdefault("schema", {"$ref": "#/components/schemas/Problem"})
    return document


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method.upper(), operation


def _refusals(method: str, path: str, operation: Document) -> Iterator[int]:
    """What may go wrong, told from what a route takes and from whom."""
    named = {each["name"] for each in operation.get("parameters", ())}
    has_body = "requestBody" in operation
    is_public = path.startswith(PUBLIC)
    yield 429
    if not is_public:
        yield 401  # also of a gateway whose code or signature does not hold
    if not is_public or method != "GET":
        yield 403
    if named or has_body or method != "GET":
        yield from (400, 422)
    if named or has_body or path.startswith(ABSENT):
        yield 404
    if method != "GET":
        yield 409
    if has_body:
        yield from (413, 415)
    if MATCH in named:
        yield from (412, 428)
