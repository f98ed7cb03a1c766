"""The incidents: open one from alarms, move it, remark, add alarms, merge, list, and look into one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from cloud.access.roles import Role
from cloud.access.sessions import Identity
from cloud.api.alarms import alarm_view
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.incident_views import (
    IncidentDetail,
    IncidentRemark,
    IncidentView,
    Merger,
    MoreAlarms,
    NewIncident,
    Step,
    incident_detail,
    incident_view,
)
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.errors import StateConflictError
from cloud.incidents import casebook
from cloud.incidents.casebook import Action, Facts
from cloud.incidents.workflow import ROLE_OF, IncidentError, IncidentState
from cloud.store.base import AlarmRow
from cloud.store.incident_port import IncidentChange, IncidentFilter, IncidentRow

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


async def wanted_incidents(
    centre: CentreDep,
    state: IncidentState | None = None,
    open: Annotated[bool | None, Query(description="true: only open ones; false: only ended.")] = None,  # noqa: A002
    severity: Annotated[int | None, Query(ge=1, le=4, description="1 = most urgent")] = None,
    site: Annotated[str | None, Query(max_length=64)] = None,
    assignee: Annotated[str | None, Query(max_length=120)] = None,
    overdue: Annotated[bool, Query(description="Only those with a deadline that has passed.")] = False,
) -> IncidentFilter:
    """The filters of a list."""
    due_before = centre.clock.now_ms() if overdue else None
    return IncidentFilter(state and state.value, open, severity, site, assignee, due_before)


@router.get("", summary="Incidents, newest first")
async def list_incidents(
    centre: CentreDep,
    identity: IdentityDep,
    wanted: Annotated[IncidentFilter, Depends(wanted_incidents)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[IncidentView]:
    """What people work on; each with its deadlines and up to whom it has been escalated."""
    return await incidents_page(centre, wanted, identity.role, cursor=cursor, limit=limit)


@router.post("", summary="Open an incident", status_code=201)
async def open_incident(wanted: NewIncident, centre: CentreDep, identity: IdentityDep) -> IncidentView:
    """From one or more alarms, none of which belongs to an incident already."""
    alarms = await asyncio.to_thread(_alarms, centre, wanted.alarms)
    facts = Facts(
        title=wanted.title or alarms[0].text_vi,
        sector=wanted.sector,
        area=wanted.area or _area_of(centre, alarms[0].site),
        site=alarms[0].site,
        severity=wanted.severity or min(alarm.severity for alarm in alarms),
        alarms=tuple(alarm.id for alarm in alarms),
    )
    action = _action(centre, identity, wanted.comment, facts)
    return await _kept(centre, identity, lambda: casebook.open_incident(action), action="open")


@router.get("/{incident}", summary="One incident with its alarms and history")
async def one_incident(incident: str, centre: CentreDep, identity: IdentityDep) -> IncidentDetail:
    """Who did what when, and what may be done now."""
    return await asyncio.to_thread(_detail, centre, incident, identity.role)


@router.post("/{incident}/move", summary="Move along the workflow")
async def move_incident(incident: str, step: Step, centre: CentreDep, identity: IdentityDep) -> IncidentView:
    """Also pauses, resumes, returns, rejects and re-opens; closing, rejecting and re-opening need the role engineer."""
    if not identity.role.includes(ROLE_OF[step.move]):
        raise ProblemError(403, "forbidden", f"Your role does not allow {step.move.value}.")
    row = await _row(centre, incident)
    facts = Facts(
        sector=step.sector,
        area=step.area,
        assignee=step.assignee,
        severity=step.severity,
        conclusion=step.conclusion,
    )
    action = _action(centre, identity, step.comment, facts)
    return await _kept(centre, identity, lambda: casebook.move(row, step.move, action), action=step.move.value)


@router.post("/{incident}/comment", summary="Comment")
async def comment_incident(
    incident: str, remark: IncidentRemark, centre: CentreDep, identity: IdentityDep
) -> IncidentView:
    """Adds a line to the incident's history."""
    row = await _row(centre, incident)
    action = _action(centre, identity, remark.comment, Facts())
    return await _kept(centre, identity, lambda: casebook.comment(row, action), action="comment")


@router.post("/{incident}/alarms", summary="Add alarms")
async def add_alarms(incident: str, more: MoreAlarms, centre: CentreDep, identity: IdentityDep) -> IncidentView:
    """Alarms that belong to no incident yet join this one."""
    row = await _row(centre, incident)
    alarms = await asyncio.to_thread(_alarms, centre, more.alarms)
    action = _action(centre, identity, more.comment, Facts(alarms=tuple(alarm.id for alarm in alarms)))
    return await _kept(centre, identity, lambda: casebook.join(row, action), action="join")


@router.post("/{incident}/merge", summary="Merge into another incident")
async def merge_incident(incident: str, merger: Merger, centre: CentreDep, identity: IdentityDep) -> IncidentView:
    """This one becomes a duplicate; the other takes its alarms over."""
    row, into = await _row(centre, incident), await _row(centre, merger.into)
    alarms = tuple(await asyncio.to_thread(centre.incidents.alarms_of, incident))
    action = _action(centre, identity, merger.comment, Facts(alarms=alarms))
    return await _kept(centre, identity, lambda: casebook.merge(row, into, action), action="merge")


async def incidents_page(
    centre: Centre, wanted: IncidentFilter, role: Role, *, cursor: str | None, limit: int
) -> Page[IncidentView]:
    """One page of incidents; one more is asked for, to know whether there is a next page."""
    before = decode_cursor(cursor)
    rows = await asyncio.to_thread(centre.incidents.incidents, wanted, before=before, limit=limit + 1)
    now, rules = centre.clock.now_ms(), centre.regulation
    page = [incident_view(row, role, rules, now=now) for row in rows[:limit]]
    return Page(items=page, next=encode_cursor(page[-1].id) if len(rows) > limit else None)


async def _kept(centre: Centre, identity: Identity, make: Callable[[], IncidentChange], *, action: str) -> IncidentView:
    """Keeps what an action makes of its first incident, and writes it down."""
    try:
        change = make()
        await asyncio.to_thread(centre.incidents.keep, change)
    except IncidentError as error:
        raise WrongStateError(f"{error}.") from error
    except StateConflictError as error:
        raise WrongStateError("Somebody was quicker, or an alarm belongs to another incident: look again.") from error
    row, line = change.incidents[0], change.history[0]
    await write_audit(centre, actor=identity.name, action=f"incident_{action}", target=row.id, detail=line.comment)
    return incident_view(row, identity.role, centre.regulation, now=centre.clock.now_ms())


def _action(centre: Centre, identity: Identity, comment: str, facts: Facts) -> Action:
    return Action(identity.name, centre.clock.now_ms(), comment, facts, centre.regulation)


async def _row(centre: Centre, incident: str) -> IncidentRow:
    row = await asyncio.to_thread(centre.incidents.incident, incident)
    if row is None:
        raise UnknownThingError(f"There is no incident {incident!r}.")
    return row


def _detail(centre: Centre, incident: str, role: Role) -> IncidentDetail:
    row = centre.incidents.incident(incident)
    if row is None:
        raise UnknownThingError(f"There is no incident {incident!r}.")
    rows = filter(None, map(centre.state.alarm, centre.incidents.alarms_of(incident)))
    alarms = tuple(alarm_view(centre, row) for row in rows)
    history = tuple(centre.incidents.history(incident))
    seen = incident_view(row, role, centre.regulation, now=centre.clock.now_ms())
    files = tuple(centre.incident_files.attachments(incident))
    return incident_detail(seen, alarms=alarms, attachments=files, history=history)


def _alarms(centre: Centre, wanted: list[str]) -> list[AlarmRow]:
    found = {each: centre.state.alarm(each) for each in wanted}
    unknown = [each for each, row in found.items() if row is None]
    if unknown:
        raise RefusedOrderError(f"There is no alarm {', '.join(map(repr, unknown[:5]))}.")
    return [row for row in found.values() if row is not None]


def _area_of(centre: Centre, site: str) -> str:
    return next((each.area for each in centre.sites() if each.id == site), "")
