"""The exercise (diễn tập) that this centre serves: where its story is, and what its trainer may do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.alarms import level_of, words_or_none
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.exercise.debrief import Act, Debrief, Standing
from cloud.exercise.office import PREFIX, ExerciseOffice
from cloud.exercise.sheet import debrief_sheet
from cloud.exercise.times import Answered, Person
from cloud.exercise.verdict import Finding, Outcome, Raised, Verdict
from device_profiles.exercise import SPEED
from device_profiles.exercise_plan import InjectedFault, Injection
from device_profiles.schema import Identifier, Text

router = APIRouter(prefix="/api/v1/exercise", tags=["exercise"])
LONGEST_MIN = 30 * 24 * 60
SHOWN = 500  # alarms in a debrief; the rest is on the page of alarms


class NewSpeed(BaseModel):
    """How fast the story shall run; 0 = a pause."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"speed": 60}]})
    speed: float = Field(ge=0, le=SPEED)


class NewInjection(BaseModel):
    """A fault that begins now, in the story's time."""

    model_config = ConfigDict(extra="forbid")
    gateway: Identifier
    device: Identifier | Literal[""] = ""
    fault: InjectedFault
    minutes: float = Field(gt=0, le=LONGEST_MIN)


@dataclass(frozen=True, slots=True)
class StandingView:
    """Where the story is; times in ms since 1970 UTC."""

    name: str
    title: Text
    begin: int
    end: int | None
    now: int
    speed: float
    over: bool


@dataclass(frozen=True, slots=True)
class RaisedView:
    """One level of one alarm, when it was reached."""

    alarm: str
    rule: str
    level: str
    level_shown: Text
    site: str
    gateway: str
    device: str
    observed_at: int
    late: bool


@dataclass(frozen=True, slots=True)
class FindingView:
    """One expected alarm, and what fulfilled it."""

    rule: str
    place: str
    level: str
    level_shown: Text | None
    begin: int
    end: int
    outcome: Outcome
    raised: RaisedView | None


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What came against what was planned."""

    holds: bool
    expected: int
    raised: int
    waiting: int
    missing: int
    levels_raised: int
    findings: list[FindingView]
    forbidden: list[RaisedView]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredView(Answered):
    """One alarm and what people did about it; `level_shown` is what people read for its level."""

    level_shown: Text | None


@dataclass(frozen=True, slots=True)
class DebriefView:
    """Everything that is talked about afterwards; how long people took is in real seconds."""

    standing: StandingView
    real_s: float
    verdict: VerdictView | None
    alarms: int
    unanswered: int
    median_s: float | None
    people: Sequence[Person]
    answers: Sequence[AnsweredView]
    acts: Sequence[Act]
    injections: Sequence[Injection]
    notices: Mapping[str, int]


def office_of(centre: Centre) -> ExerciseOffice:
    """The trainer's office; UnknownThingError in a centre that is in service."""
    if centre.exercise is None:
        raise UnknownThingError("This centre is in service: it serves no exercise.")
    return centre.exercise


@router.get("", summary="Where the story is")
async def standing(centre: CentreDep) -> StandingView:
    """The time of the story, and how fast it runs."""
    return standing_view(office_of(centre).standing())


@router.post("/speed", summary="Let the story run, faster or slower, or pause it (trainers)")
async def set_pace(wanted: NewSpeed, centre: CentreDep, identity: IdentityDep) -> StandingView:
    """All programs of the exercise turn at once, half a second later."""
    office = office_of(centre)
    await asyncio.to_thread(office.set_speed, wanted.speed)
    await write_audit(centre, actor=identity.name, action=f"{PREFIX}speed", detail=f"{wanted.speed:g}")
    return standing_view(office.standing())


@router.post("/injections", summary="Throw a fault in (trainers)", status_code=201)
async def throw_in(wanted: NewInjection, centre: CentreDep, identity: IdentityDep) -> Injection:
    """A device that fails or lies, or a gateway whose link is lost, from now on for so many minutes of the story."""
    office = office_of(centre)
    if centre.gateway(wanted.gateway) is None or (
        wanted.device and centre.device(wanted.gateway, wanted.device) is None
    ):
        raise UnknownThingError(f"There is no {wanted.gateway}/{wanted.device}.")
    begin = centre.clock.now_ms()
    injection = Injection(
        gateway=wanted.gateway,
        device=wanted.device,
        fault=wanted.fault,
        begin=begin,
        end=begin + round(wanted.minutes * 60_000),
    )
    await asyncio.to_thread(office.throw_in, injection)
    detail = f"{wanted.fault}, {wanted.minutes:g} min"
    await write_audit(
        centre,
        actor=identity.name,
        action=f"{PREFIX}injection",
        target=f"{wanted.gateway}/{wanted.device}",
        detail=detail,
    )
    return injection


@router.get("/verdict", summary="What came against what was planned (trainers)")
async def verdict(centre: CentreDep) -> VerdictView:
    """404 for an exercise without a plan."""
    found = await office_of(centre).verdict()
    if found is None:
        raise UnknownThingError("This exercise has no plan.")
    return verdict_view(found, centre)


@router.get("/debrief", summary="The debrief (trainers)")
async def debrief(centre: CentreDep) -> DebriefView:
    """What was planned, what came, who did what how quickly, and what would have been sent."""
    return debrief_view(await office_of(centre).debrief(), centre)


@router.get("/debrief/pdf", summary="The debrief on paper (trainers)", response_class=Response)
async def debrief_pdf(centre: CentreDep, language: Annotated[Literal["vi", "en"], Query()] = "vi") -> Response:
    """A4, one language."""
    found = await office_of(centre).debrief()
    content = await asyncio.to_thread(debrief_sheet, found, language, partial(level_of, centre))
    name = f'inline; filename="{found.standing.name}-{language}.pdf"'
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": name})


def standing_view(found: Standing) -> StandingView:
    """As the API tells it."""
    return StandingView(found.name, found.title, found.begin, found.end, found.now, found.speed, found.is_over)


def verdict_view(found: Verdict, centre: Centre) -> VerdictView:
    """As the API tells it."""
    return VerdictView(
        holds=found.holds,
        expected=len(found.findings),
        raised=found.count("raised"),
        waiting=found.count("waiting"),
        missing=found.count("missing"),
        levels_raised=found.raised,
        findings=[_finding_view(each, centre) for each in found.findings],
        forbidden=[raised_view(each, centre) for each in found.forbidden],
    )


def debrief_view(found: Debrief, centre: Centre) -> DebriefView:
    """As the API tells it."""
    return DebriefView(
        standing=standing_view(found.standing),
        real_s=round(found.real_s, 1),
        verdict=verdict_view(found.verdict, centre) if found.verdict else None,
        alarms=len(found.answers),
        unanswered=found.unanswered,
        median_s=found.median_s,
        people=found.people,
        answers=[_answered_view(each, centre) for each in found.answers[:SHOWN]],
        acts=found.acts,
        injections=found.injections,
        notices=found.notices,
    )


def raised_view(each: Raised, centre: Centre) -> RaisedView:
    """As the API tells it."""
    words = level_of(centre, each.rule, each.level)
    return RaisedView(
        each.alarm, each.rule, each.level, words, each.site, each.gateway, each.device, each.observed_at, each.late
    )


def _answered_view(each: Answered, centre: Centre) -> AnsweredView:
    return AnsweredView(**asdict(each), level_shown=words_or_none(centre, each.rule, each.level))


def _finding_view(found: Finding, centre: Centre) -> FindingView:
    expected, raised = found.expected, found.raised
    words = words_or_none(
        centre, raised.rule if raised else expected.rule, expected.level
    )  # a plan may mean many rules
    return FindingView(
        expected.rule, expected.place, expected.level, words, expected.begin, expected.end, found.outcome,
        raised_view(raised, centre) if raised else None,
    )  # fmt: skip
