"""Rehearses a rule: what it, or a draft of it, would have done with what the store holds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep
from cloud.api.problems import ProblemError
from cloud.rules.proof import Draft, Sheet
from cloud.rules.rehearse import RehearsalBusyError, RehearsalError, Wish
from cloud.rules.rehearse_report import Against, Report
from cloud.rules.rule import Rule
from device_profiles.schema import Key

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])
MAX_TEXT = 64 * 1024

Instant = Annotated[int, Field(ge=0, le=2**53)]


class RehearsalWish(BaseModel):
    """Which time, which text, and what it is compared with."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        json_schema_extra={"examples": [{"from": 1785517200000, "to": 1793466000000, "against": "live"}]},
    )
    begin: Instant = Field(alias="from", description="ms since 1970 UTC.")
    end: Instant = Field(alias="to", description="ms since 1970 UTC, excluded; at most 400 days later.")
    draft: str = Field("", max_length=MAX_TEXT, description="TOML text of a draft; empty = the rule that runs.")
    against: Against | None = Field(
        None, description="`live`: the draft against the running rule; `alarms`: against what was really raised."
    )


@router.post("/{rule}/rehearsals", summary="Rehearse a rule, or a draft of it, on stored history")
async def rehearse(
    rule: Annotated[Key, InPath(description="Id of the rule.")],
    wish: Annotated[RehearsalWish, Body()],
    centre: CentreDep,
) -> Report:
    """Alarms that it would have raised, notices by night, charts, and the difference. One at a time: 409 `busy`."""
    others = list(centre.rules.running.rules.values())
    live = centre.rules.running.rules.get(rule)
    wanted = await _draft(centre, rule, wish.draft) if wish.draft.strip() else live
    if wanted is None:
        raise UnknownThingError(f"There is no rule {rule!r}.")
    end = min(wish.end, centre.clock.now_ms())  # nobody is silent in the future
    try:
        return await centre.rehearse(Wish(wanted, wish.begin, end, wish.against, live, others))
    except RehearsalBusyError as error:
        raise ProblemError(409, "busy", str(error), {"Retry-After": "10"}) from error
    except RehearsalError as error:
        raise ProblemError(422, "not_rehearsed", str(error)) from error


async def _draft(centre: Centre, rule: str, text: str) -> Rule:
    """The draft as a rule, whatever its tests say; a wrong one is answered with its faults."""
    verdict = await centre.rules.check(Draft(rule, Sheet(text)))
    if verdict.rule is not None:
        return verdict.rule
    faults = [{"file": each.file, "key": each.key, "reason": each.reason, "hint": each.hint} for each in verdict.faults]
    raise ProblemError(422, "rule_refused", "\n".join(map(str, verdict.faults)), more=faults)
