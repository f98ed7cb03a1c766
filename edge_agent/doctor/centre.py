"""Whether the centre answers over HTTPS, and what its clock says: enrolment, records and updates go that way."""

from __future__ import annotations

from dataclasses import dataclass

from device_profiles.checkup import Finding, error, ok
from device_profiles.schema import Text
from edge_agent.identity.centre import CentreDoor, Question
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.words import sentences

HEALTH = "/healthz"


@dataclass(frozen=True, slots=True)
class Centre:
    """The centre's address, and whom this gateway believes there (PEM; empty for the system's)."""

    url: str
    authorities: str = ""


async def check_centre(centre: Centre) -> tuple[Finding, int | None]:
    """Whether it answers, and its time in ms since 1970 UTC, None when nobody said; dates are not looked at."""
    door = CentreDoor(centre.url, authorities=centre.authorities, with_dates=False)
    try:
        answer = await door.ask(Question("GET", HEALTH))
    except IdentityError as fault:
        return _in_words(fault.code, fault.detail), None
    if answer.kind != "application/json":
        return _in_words("portal", f"HTTP {answer.status}, {answer.kind or 'no content'}"), None
    return ok(f"{centre.url} trả lời.", f"{centre.url} answers."), answer.date_ms


def _in_words(code: str, detail: str) -> Finding:
    words = sentences(code, detail)
    said = Text(vi=words["what_vi"], en=words["what_en"])
    return error(f"centre_{code}", said, Text(vi=words["hint_vi"], en=words["hint_en"]))
