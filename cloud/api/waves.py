"""Roll-outs in waves: a change for a group of gateways, some after the others, with a stop rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Body
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.alarms import MAX_COMMENT
from cloud.api.audit import write_audit
from cloud.api.configurations import refused
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Limit, Page
from cloud.api.problems import ProblemError
from cloud.configuring.rollouts import Rollout, Wish
from cloud.configuring.sheet import ConfigurationRefusedError
from cloud.configuring.targets import Target
from cloud.configuring.waves import Plan, Trigger
from cloud.store.configuration_port import MemberRow, RolloutState
from device_profiles.schema import Identifier

router = APIRouter(prefix="/api/v1/waves", tags=["waves"])
MAX_PATCH = 16 * 1024
WaveId = Annotated[str, InPath(pattern=r"^[0-9a-f]{12}$")]
Names = tuple[Identifier, ...]


class NewTarget(BaseModel):
    """Which gateways: all that are named must agree, within one of them any may."""

    model_config = ConfigDict(extra="forbid")
    areas: Names = Field((), max_length=100)
    labels: Names = Field((), max_length=100)
    profiles: Names = Field((), max_length=100)
    sites: Names = Field((), max_length=1000)
    gateways: Names = Field((), max_length=1000)


class NewPlan(BaseModel):
    """How carefully: the last size repeats until everybody had a turn; 0 in a stop rule switches it off."""

    model_config = ConfigDict(extra="forbid")
    sizes: tuple[Annotated[int, Field(ge=1, le=5000)], ...] = Field((1, 5, 25), min_length=1, max_length=20)
    good_share: float = Field(0.95, ge=0, le=1)
    soak_s: float = Field(600, ge=0, le=30 * 86_400)
    answer_s: float = Field(900, ge=10, le=7 * 86_400)
    stop_rolled_back: int = Field(1, ge=0)
    stop_lost: int = Field(2, ge=0)


class NewRollout(BaseModel):
    """A change for a group; `patch` is TOML, see cloud/configuring/README.md. One with `release` takes two people."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    title: str = Field(min_length=1, max_length=200)
    patch: str = Field(min_length=1, max_length=MAX_PATCH)
    target: NewTarget
    plan: NewPlan = Field(default_factory=lambda: NewPlan.model_validate({}))
    comment: str = Field("", max_length=MAX_COMMENT)


@dataclass(frozen=True, slots=True)
class RolloutView:
    """A roll-out as a list shows it; `wave` counts from 1."""

    id: str
    title: str
    author: str
    at: int
    comment: str
    state: RolloutState
    reason: str
    confirmed_by: str
    wave: int
    waves: int
    wave_at: int
    changed_at: int
    release: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RolloutDetail:
    """A roll-out with its change, its plan and its gateways by wave."""

    rollout: RolloutView
    patch: str
    target: Target
    plan: Plan
    members: Sequence[MemberRow]


@router.get("", summary="Roll-outs")
async def list_rollouts(centre: CentreDep, limit: Limit = 20) -> Page[RolloutView]:
    """Newest first."""
    found = await centre.rollouts.newest(limit=limit)
    return Page(items=[rollout_view(each) for each in found], next=None)


@router.get("/{wave}", summary="One roll-out")
async def one_rollout(wave: WaveId, centre: CentreDep) -> RolloutDetail:
    """With every gateway of it."""
    return rollout_detail(await centre.rollouts.one(wave))


@router.post("", status_code=201, summary="Begin a roll-out")
async def begin_rollout(
    wanted: Annotated[NewRollout, Body()], centre: CentreDep, identity: IdentityDep
) -> RolloutDetail:
    """Tried on its gateways first: refused with every fault. With a release it waits for another person."""
    target, plan = Target(**wanted.target.model_dump()), Plan(**wanted.plan.model_dump())
    wish = Wish(wanted.title, wanted.patch, target, plan, identity.name, wanted.comment)
    try:
        found = await centre.rollouts.begin(wish)
    except ConfigurationRefusedError as error:
        raise refused(error) from error
    detail = f"{found.row.title} ({len(found.members)} gateways)"
    await write_audit(centre, actor=identity.name, action="rollout_begin", target=found.row.id, detail=detail)
    return rollout_detail(found)


@router.post("/{wave}/{trigger}", summary="Confirm, pause, resume or abort a roll-out")
async def act_on_rollout(
    wave: WaveId,
    trigger: Literal["confirm", "pause", "resume", "abort"],
    centre: CentreDep,
    identity: IdentityDep,
) -> RolloutDetail:
    """`confirm` takes another person than the one who asked, logged in, within 15 minutes."""
    if trigger == "confirm" and identity.kind != "session":
        raise ProblemError(403, "person_needed", "A person must confirm it, not a program: log in.")
    wanted: Trigger = trigger
    found = await centre.rollouts.act(wave, wanted, actor=identity.name)
    await write_audit(centre, actor=identity.name, action=f"rollout_{trigger}", target=wave, detail=found.row.title)
    return rollout_detail(found)


def rollout_view(found: Rollout) -> RolloutView:
    """The short form."""
    row = found.row
    return RolloutView(
        id=row.id,
        title=row.title,
        author=row.author,
        at=row.at,
        comment=row.comment,
        state=row.state,
        reason=row.reason,
        confirmed_by=row.confirmed_by,
        wave=row.wave + 1,
        waves=max((each.wave for each in found.members), default=0) + 1,
        wave_at=row.wave_at,
        changed_at=row.changed_at,
        release=found.release,
        counts=dict(Counter(each.state for each in found.members)),
    )


def rollout_detail(found: Rollout) -> RolloutDetail:
    """The long form."""
    return RolloutDetail(rollout_view(found), found.patch, found.target, found.plan, found.members)
