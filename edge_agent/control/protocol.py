"""What travels over the control socket: one JSON document a line, questions in and answers out; pure.

```
question   {"verb": "status", "arguments": {...}}
answer     {"ok": true, "answer": {...}}         the only line, or the last one of a streaming verb
part       {"ok": true, "part": {...}}           lines of a streaming verb before the last
refusal    {"ok": false, "error": {"what": "...", "why": "...", "hint": "..."}}
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeAlias

import msgspec

from edge_agent.connector import EdgeError

LONGEST_LINE = 1024 * 1024  # a configuration of some hundred devices

Verb: TypeAlias = Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]
StreamingVerb: TypeAlias = Callable[[Mapping[str, object]], AsyncIterator[Mapping[str, object]]]


class ControlError(EdgeError):
    """The agent does not do what was asked: what, why, and what to try."""

    def __init__(self, what: str, why: str, hint: str = "") -> None:
        super().__init__(f"{what}: {why}" + (f" ({hint})" if hint else ""))
        self.what = what
        self.why = why
        self.hint = hint


class AgentAwayError(EdgeError):
    """No agent answers at the control socket."""


class Fault(msgspec.Struct, frozen=True):
    """Why the agent refuses."""

    what: str
    why: str
    hint: str = ""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody asks."""

    verb: str
    arguments: dict[str, object] = {}


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of what the agent says."""

    ok: bool
    answer: dict[str, object] | None = None
    part: dict[str, object] | None = None
    error: Fault | None = None


def line_of(document: Question | Answer) -> bytes:
    """The document as one line."""
    return msgspec.json.encode(document) + b"\n"


def question_in(line: bytes) -> Question:
    """The question of a line; ControlError when it is none."""
    try:
        return msgspec.json.decode(line, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ControlError("question", str(error)[:200], '{"verb": "status"}') from error


def answer_in(line: bytes) -> Answer:
    """The answer of a line; AgentAwayError when it is cut short or none."""
    try:
        return msgspec.json.decode(line, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AgentAwayError(f"what answers there is no agent: {str(error)[:100]}") from error
