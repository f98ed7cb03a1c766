"""Many alarms at once: acknowledge, shelve, take from the shelf or assign, with an answer for each."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cloud.api.alarms import MAX_COMMENT, check_assignee
from cloud.api.audit import write_audit
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.scoped import alarms_in_sight
from cloud.rules import desk, handling, shelving
from cloud.rules.desk import Act, Remark

router = APIRouter(prefix="/api/v1", tags=["alarms"])
MOST = 500
AlarmId = Annotated[str, Field(min_length=1, max_length=64)]


class Bulk(BaseModel):
    """What shall be done to which alarms, and why."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {"action": "acknowledge", "alarms": ["01a20231b3c4d5e6f7a8b9c0"], "reason": "Cùng một trận lũ."}
            ]
        },
    )
    action: Literal["acknowledge", "shelve", "unshelve", "assign"]
    alarms: list[AlarmId] = Field(min_length=1, max_length=MOST)
    reason: str = Field(min_length=1, max_length=MAX_COMMENT)
    until: int = Field(0, ge=0, description="Only to shelve: ms since 1970 UTC, at most seven days ahead.")
    assignee: str = Field("", max_length=120, description="Only to assign: who; empty = nobody.")

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> Self:
        if (self.action == "shelve") != bool(self.until):
            raise ValueError("`until` belongs to shelve, and shelve needs it")
        if self.assignee and self.action != "assign":
            raise ValueError("`assignee` belongs to assign")
        return self


class Answer(BaseModel):
    """What became of one alarm; `detail` says why it was refused."""

    id: str
    done: bool
    detail: str = ""


class BulkAnswer(BaseModel):
    """What became of each, in the order in which they were named."""

    items: list[Answer]
    done: int
    refused: int


@router.post("/alarms/bulk", summary="Do one thing to many alarms")
async def bulk(wanted: Bulk, centre: CentreDep, identity: IdentityDep) -> BulkAnswer:
    """In one commit: what cannot be done to one alarm leaves the others alone."""
    if wanted.action == "assign":
        await check_assignee(centre, wanted.assignee)
    remark = Remark(identity.name, wanted.reason)
    names = list(dict.fromkeys(wanted.alarms))
    seen = await asyncio.to_thread(alarms_in_sight, centre, names)
    refusals = {name: f"no open alarm {name}" for name in names if name not in seen}
    await centre.act(handling.each([(name, _deed(wanted, name, remark)) for name in names if name in seen], refusals))
    items = [Answer(id=name, done=name not in refusals, detail=refusals.get(name, "")) for name in names]
    done = len(names) - len(refusals)
    detail = f"{wanted.action} {done}: {wanted.reason}"
    await write_audit(centre, actor=identity.name, action="bulk", target=_listed(names, refusals), detail=detail)
    return BulkAnswer(items=items, done=done, refused=len(refusals))


def _deed(wanted: Bulk, alarm: str, remark: Remark) -> Act:
    match wanted.action:
        case "acknowledge":
            return desk.acknowledge(alarm, remark)
        case "shelve":
            return shelving.shelve(alarm, remark, until=wanted.until)
        case "unshelve":
            return shelving.unshelve(alarm, remark)
        case "assign":
            return handling.assign(alarm, wanted.assignee, remark)


def _listed(names: list[str], refusals: dict[str, str]) -> str:
    return " ".join(name for name in names if name not in refusals)
