"""Incidents as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cloud.access.roles import Role
from cloud.api.alarms import AlarmView
from cloud.incidents.casebook import conclusion_of, deadlines_of, tier_of
from cloud.incidents.deadlines import Deadlines
from cloud.incidents.regulation import Regulation
from cloud.incidents.workflow import Conclusion, IncidentState, Move, moves_from
from cloud.store.incident_files_port import AttachmentRow
from cloud.store.incident_port import IncidentHistoryRow, IncidentRow

MOST_ALARMS = 100
AlarmId = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(max_length=2_000)]
Name = Annotated[str, Field(max_length=120)]
Severity = Annotated[int, Field(ge=1, le=4, description="1 = most urgent")]


def _strict(**example: JsonValue) -> ConfigDict:
    return ConfigDict(extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [dict(example)]})


class NewIncident(BaseModel):
    """From which alarms; what is left out follows from the first, and the severity from the gravest of them."""

    model_config = _strict(alarms=["01a20231b3c4d5e6f7a8b9c0"], title="Sông Thao vượt báo động II", severity=2)
    alarms: list[AlarmId] = Field(min_length=1, max_length=MOST_ALARMS)
    title: Annotated[str, Field(max_length=200)] = ""
    severity: Severity | None = None
    sector: Name = ""
    area: Name = ""
    comment: Words = ""


class Step(BaseModel):
    """A move, why, and what it changes; pausing, returning, rejecting, re-opening and resolving need a comment."""

    model_config = _strict(move="dispatch", assignee="UBND phường Yên Bái", comment="Đề nghị kiểm tra cống.")
    move: Move
    comment: Words = ""
    assignee: Name = ""
    sector: Name = ""
    area: Name = ""
    severity: Severity | None = None
    conclusion: Conclusion | None = Field(
        None, description="What it proved to be; with resolve, reject and close. Left out, what was said before stays."
    )


class IncidentRemark(BaseModel):
    """What somebody adds to an incident."""

    model_config = _strict(comment="Đã có mặt tại hiện trường.")
    comment: Words = Field(min_length=1)


class Merger(BaseModel):
    """Into which incident this one goes, as its duplicate."""

    model_config = _strict(into="0199a3c4e5f60123456789ab", comment="Cùng một trận lũ.")
    into: AlarmId
    comment: Words = ""


class MoreAlarms(BaseModel):
    """Which alarms belong to the incident, too."""

    model_config = _strict(alarms=["01a20231b3c4d5e6f7a8b9c0"], comment="Cùng nguyên nhân.")
    alarms: list[AlarmId] = Field(min_length=1, max_length=MOST_ALARMS)
    comment: Words = ""


class IncidentView(BaseModel):
    """An incident as it stands; `escalated_to` 0 the desk, 1 commune, 2 department, 3 province."""

    id: str
    title: str
    sector: str
    area: str
    site: str
    severity: int
    state: IncidentState
    open: bool
    assignee: str
    opened_at: int
    opened_by: str
    changed_at: int
    ended_at: int | None
    paused_at: int | None
    next_due_at: int | None
    merged_into: str
    revision: int
    deadlines: Deadlines
    escalated_to: int
    moves: tuple[Move, ...] = Field(description="What who asks may do now.")


class IncidentDetail(IncidentView):
    """An incident with its alarms, its files and everything that happened, oldest first."""

    conclusion: Conclusion | None = Field(None, description="What it proved to be, when somebody has said.")
    alarms: tuple[AlarmView, ...] = ()
    attachments: tuple[AttachmentRow, ...] = ()
    history: tuple[IncidentHistoryRow, ...] = ()


def incident_view(row: IncidentRow, role: Role, rules: Regulation, *, now: int) -> IncidentView:
    """The row, with what follows from it now."""
    return IncidentView(**_seen(row, role, rules, now=now))


def incident_detail(
    seen: IncidentView,
    *,
    alarms: tuple[AlarmView, ...],
    attachments: tuple[AttachmentRow, ...],
    history: tuple[IncidentHistoryRow, ...],
) -> IncidentDetail:
    """The same with alarms, files and history."""
    said = conclusion_of(history)
    return IncidentDetail(**dict(seen), conclusion=said, alarms=alarms, attachments=attachments, history=history)


def _seen(row: IncidentRow, role: Role, rules: Regulation, *, now: int) -> dict[str, object]:
    names = IncidentView.model_fields.keys() - {"deadlines", "escalated_to", "moves"}
    return {
        **{name: getattr(row, name) for name in names},
        "deadlines": deadlines_of(row),
        "escalated_to": int(tier_of(row, now, rules)),
        "moves": moves_from(row.state, role),
    }
