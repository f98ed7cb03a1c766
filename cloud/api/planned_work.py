"""Planned work: plan, list, end; and the report of everything that people are not told of."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.alarms.lifecycle import AlarmError
from cloud.alarms.mutes import OUT_OF_SERVICE, SHELVED
from cloud.alarms.planned import PlannedWork, Scope, planned
from cloud.alarms.shelf import Shelf
from cloud.api.alarms import MAX_COMMENT
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.scoped import alarms_in_sight, has_place
from cloud.rules.desk import Remark
from cloud.rules.planning import end_work, plan
from cloud.rules.retell import BUILT_IN
from cloud.store.base import AlarmFilter

router = APIRouter(prefix="/api/v1", tags=["alarms"])
NAMED = 100  # alarms of one item of the report; of more, `more` says so
Id = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9@._:-]*$")]
NewAndOld = Annotated[bool, Query(description="Also what has ended within the last 30 days.")]


class NewWork(BaseModel):
    """What will be out of service, from when until when, and why; everything that is named must agree."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [{"site": "site-cau-yen-bai", "until": 1795363200000, "reason": "Thay cảm biến mực nước."}]
        },
    )
    site: Id = ""
    gateway: Id = ""
    device: Id = Field("", description="Needs its gateway.")
    rule: Id = ""
    begin: int = Field(0, ge=0, description="ms since 1970 UTC; 0 = now.")
    until: int = Field(gt=0, description="ms since 1970 UTC; at most 90 days ahead.")
    reason: str = Field(min_length=1, max_length=MAX_COMMENT)


class Silenced(BaseModel):
    """Something that people are not told of: what, who wants it, why, since when, and which alarms there were."""

    kind: Literal["shelved", "out_of_service"]
    id: str = Field(description="Of the planned work, or of the alarm that was shelved.")
    site: str
    gateway: str
    device: str
    rule: str
    actor: str
    reason: str
    since: int
    until: int
    alarms: list[str] = Field(description="Those that something happened to meanwhile, the newest first.")
    more: bool = Field(description="Whether there are more than the list names.")


@router.get("/planned-work", summary="Planned work, what begins first before the rest")
async def list_planned_work(centre: CentreDep, ended: NewAndOld = False) -> Page[PlannedWork]:
    """What is, or will be, out of service; its alarms are recorded and told to nobody."""
    works = [each for each in centre.mutes().planned.all() if _is_in_sight(centre, each)]
    return Page(items=[work for work in works if ended or work.ended_at is None], next=None)


@router.post("/planned-work", summary="Plan work", status_code=201)
async def plan_work(wanted: NewWork, centre: CentreDep, identity: IdentityDep) -> PlannedWork:
    """When it ends, by itself or by hand, people are told once of what lasts unacknowledged."""
    scope = Scope(wanted.site, wanted.gateway, wanted.device, wanted.rule)
    _check_place(centre, scope)
    try:
        work = planned(
            scope, begin=wanted.begin, until=wanted.until, reason=wanted.reason, actor=identity.name,
            at=centre.clock.now_ms(),
        )  # fmt: skip
    except AlarmError as error:
        raise RefusedOrderError(f"{error}.") from error
    await centre.act(plan(work))
    await write_audit(centre, actor=identity.name, action="plan_work", target=work.id, detail=wanted.reason)
    return work


@router.delete("/planned-work/{work}", summary="End planned work")
async def end_planned_work(
    work: str,
    centre: CentreDep,
    identity: IdentityDep,
    comment: Annotated[str, Query(max_length=MAX_COMMENT)] = "",
) -> PlannedWork:
    """Before its time; what has not begun is taken back."""
    await centre.act(end_work(work, Remark(identity.name, comment)))
    await write_audit(centre, actor=identity.name, action="end_work", target=work, detail=comment)
    return next(each for each in centre.mutes().planned.all() if each.id == work)


@router.get("/alarms/silenced", summary="What people are not told of: who, why, since when, until when")
async def list_silenced(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[Silenced]:
    """Everything on the shelf and everything out of service now, with the alarms meanwhile."""
    now, mutes = centre.clock.now_ms(), centre.mutes()
    shelved, working = mutes.shelves.all(), [work for work in mutes.planned.all() if work.lasts(now)]
    seen = await asyncio.to_thread(alarms_in_sight, centre, [shelf.alarm for shelf in shelved])
    shelves = [_of_shelf(shelf) for shelf in shelved if shelf.alarm in seen]
    works = [_of_work(work) for work in working if _is_in_sight(centre, work)]
    page = page_of([*works, *shelves], lambda item: f"{item.kind} {item.id}", cursor=cursor, limit=limit)
    items = await asyncio.to_thread(lambda: [_with_alarms(centre, item) for item in page.items])
    return Page(items=items, next=page.next)


def _is_in_sight(centre: Centre, work: PlannedWork) -> bool:
    return has_place(centre, work.scope.site, work.scope.gateway, work.scope.device)


def _of_shelf(shelf: Shelf) -> Silenced:
    return Silenced(
        kind=SHELVED, id=shelf.alarm, site="", gateway=shelf.gateway, device=shelf.device, rule=shelf.rule,
        actor=shelf.actor, reason=shelf.reason, since=shelf.at, until=shelf.until, alarms=[], more=False,
    )  # fmt: skip


def _of_work(work: PlannedWork) -> Silenced:
    scope = work.scope
    return Silenced(
        kind=OUT_OF_SERVICE, id=work.id, site=scope.site, gateway=scope.gateway, device=scope.device, rule=scope.rule,
        actor=work.actor, reason=work.reason, since=work.begin, until=work.until, alarms=[], more=False,
    )  # fmt: skip


def _with_alarms(centre: Centre, item: Silenced) -> Silenced:
    wanted = AlarmFilter(
        site=item.site or None, gateway=item.gateway or None, device=item.device or None, rule=item.rule or None,
        since=item.since,
    )  # fmt: skip
    rows = centre.state.alarms(wanted, before=None, limit=NAMED + 1)
    return item.model_copy(update={"alarms": [row.id for row in rows[:NAMED]], "more": len(rows) > NAMED})


def _check_place(centre: Centre, scope: Scope) -> None:
    """What does not exist cannot be out of service: a slip of the pen would leave people without quiet, or unaware."""
    if scope.site and all(site.id != scope.site for site in centre.sites()):
        raise RefusedOrderError(f"There is no site {scope.site!r}.")
    if scope.gateway and not scope.gateway.startswith("@") and centre.gateway(scope.gateway) is None:
        raise RefusedOrderError(f"There is no gateway {scope.gateway!r}.")
    if scope.rule and scope.rule not in centre.rules.running.rules and scope.rule not in BUILT_IN:
        raise RefusedOrderError(f"There is no rule {scope.rule!r}.")
