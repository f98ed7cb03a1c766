"""The pages of incidents: the board and the list, and one incident with all that may be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.incident_views import IncidentDetail, IncidentView
from cloud.api.incidents import incidents_page, one_incident
from cloud.api.pages import Cursor
from cloud.incidents.casebook import Facts
from cloud.incidents.deadlines import Deadline
from cloud.incidents.workflow import CONCLUDES, ENDED, NEEDS_REASON, Conclusion, IncidentState, Move, moves_from
from cloud.store.base import AlarmFilter, AlarmRow
from cloud.store.incident_port import IncidentFilter, IncidentHistoryRow, IncidentRow
from cloud.web import choices
from cloud.web.pages import Short, device_names, site_names
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
PER_PAGE = 100
CANDIDATES = 50  # alarms and incidents that a form offers
PATH, SIDE = tuple(IncidentState)[:8], tuple(IncidentState)[8:]  # the straight way from new to closed; the rest
_COMMENT, _CONCLUSION = "comment", "conclusion"
FIELDS: dict[Move, tuple[str, ...]] = {
    Move.CLASSIFY: ("sector", "area", "severity", _COMMENT),
    Move.DISPATCH: ("assignee", _COMMENT),
    Move.MERGE: ("into", _COMMENT),
    Move.RESOLVE: (_CONCLUSION, _COMMENT),
    Move.REJECT: (_CONCLUSION, _COMMENT),
    Move.CLOSE: (_CONCLUSION, _COMMENT),
}  # what a move may change; all others take a comment alone
ASIDE = (Move.PAUSE, Move.RETURN, Move.MERGE, Move.REJECT, Move.REOPEN)  # moves off the straight way


@dataclass(frozen=True, slots=True)
class Step:
    """A button: a move that is allowed now, its fields, and those that must not stay empty."""

    move: Move
    fields: tuple[str, ...]
    required: tuple[str, ...]
    aside: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history, with what it changed."""

    row: IncidentHistoryRow
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands beside an incident for those who work: what may be added to it."""

    alarms: Sequence[AlarmRow] = ()
    incidents: Sequence[IncidentRow] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; the board stands on wide screens, unless the list is wanted."""

    show: Literal["open", "ended", "any"] = "open"
    severity: Annotated[str, Query(pattern="^[1-4]?$")] = ""
    site: Short = ""
    assignee: Annotated[str, Query(max_length=120)] = ""
    overdue: Literal["", "1"] = ""
    view: Literal["", "list"] = ""

    def wanted(self, *, now: int) -> IncidentFilter:
        """The same for the store."""
        return IncidentFilter(
            open={"open": True, "ended": False, "any": None}[self.show],
            severity=int(self.severity) if self.severity else None,
            site=self.site or None,
            assignee=self.assignee.strip() or None,
            due_before=now if self.overdue else None,
        )


@router.get("/incidents")
async def incidents_list(
    request: Request,
    centre: CentreDep,
    identity: IdentityDep,
    filters: Annotated[Filters, Depends()],
    cursor: Cursor = None,
) -> HTMLResponse:
    """Incidents, newest first; the filters live in the address."""
    wanted = filters.wanted(now=centre.clock.now_ms())
    found = await incidents_page(centre, wanted, identity.role, cursor=cursor, limit=PER_PAGE)
    return page(
        request,
        "incidents.html",
        found=found,
        columns=columns_of(found.items),
        due_of=due_of,
        filters=asdict(filters),
        cursor=cursor,
        assignees=choices.assignees_of(centre),
        sites=sorted(centre.sites(), key=lambda each: each.id),
        site_names=site_names(centre),
    )


@router.get("/incidents/{incident}")
async def incident_page(request: Request, incident: str, centre: CentreDep, identity: IdentityDep) -> HTMLResponse:
    """One incident: where it stands, what happened, and what may be done now."""
    detail = await one_incident(incident, centre, identity)
    works = identity.role.includes(Role.OPERATOR)
    return page(
        request,
        "incident.html",
        incident=detail,
        around=await asyncio.to_thread(_around, centre, detail) if works else Around(),
        steps=[step_of(move, detail) for move in detail.moves],
        for_leaders=[move for move in moves_from(detail.state, Role.ENGINEER) if move not in detail.moves],
        lines=[Line(row, msgspec.json.decode(row.facts, type=Facts)) for row in detail.history],
        way=PATH,
        conclusions=list(Conclusion),
        confirmed=centre.regulation.confirmed,
        may_mend=identity.role.includes(Role.ENGINEER),
        sectors=choices.sectors_of(centre),
        areas=choices.areas_of(centre),
        assignees=choices.assignees_of(centre),
        site_names=site_names(centre),
        device_names=device_names(centre),
    )


def columns_of(incidents: Sequence[IncidentView]) -> list[tuple[IncidentState, list[IncidentView]]]:
    """The board: the straight way first; side states and the end only when something stands there."""
    by_state: dict[IncidentState, list[IncidentView]] = {state: [] for state in (*PATH[:-1], *SIDE, PATH[-1])}
    for each in incidents:
        by_state[each.state].append(each)
    return [(state, found) for state, found in by_state.items() if found or (state in PATH and state not in ENDED)]


def step_of(move: Move, incident: IncidentDetail) -> Step:
    """The button of a move."""
    required = [_COMMENT] if move in NEEDS_REASON else []
    if move in CONCLUDES and incident.conclusion is None:
        required.insert(0, _CONCLUSION)
    if move is Move.MERGE:
        required.append("into")
    if move is Move.DISPATCH and not incident.assignee:
        required.append("assignee")
    return Step(move, FIELDS.get(move, (_COMMENT,)), tuple(required), aside=move in ASIDE)


def due_of(incident: IncidentView) -> Deadline | None:
    """The deadline that comes next, while the clock runs."""
    open_ones = [each for each in incident.deadlines if each.met_at is None]
    running = incident.open and incident.paused_at is None
    return min(open_ones, key=lambda each: each.due_at) if open_ones and running else None


def _around(centre: Centre, incident: IncidentDetail) -> Around:
    if not incident.open:
        return Around()
    near = centre.state.alarms(AlarmFilter(open=True, site=incident.site or None), before=None, limit=CANDIDATES)
    free = [each for each in near if centre.incidents.incident_of(each.id) is None]
    others = centre.incidents.incidents(IncidentFilter(open=True), before=None, limit=CANDIDATES)
    return Around(alarms=free, incidents=[each for each in others if each.id != incident.id])
