"""The sectors: how each stands, and one of them with its alarms and devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.scoped import plans_in_sight
from cloud.api.views import DeviceView
from cloud.rules.rule import Rule
from cloud.sectors.load import plain_plans
from cloud.sectors.plan import SectorPlan
from cloud.sectors.rules import profiles_of_rules
from cloud.sectors.standing import SectorStanding, Trouble
from device_profiles.schema import Key, Text

router = APIRouter(prefix="/api/v1", tags=["sectors"])


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure: `value` null = no data; `devices` of `of` have a say; `met` null = no target or no data."""

    name: Text
    profile: str
    point: str
    how: str
    unit: str
    value: float | None
    devices: int
    of: int
    oldest_at: int | None
    target: float | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class SectorView:
    """A sector in figures."""

    id: str
    name: Text
    owner: str
    devices: int
    well: int
    alarms: Mapping[int, int]
    newest_at: int | None
    figures: tuple[FigureView, ...]


@dataclass(frozen=True, slots=True)
class SectorDevice:
    """A device of a sector, with the severity of its worst open alarm (null = none) and its silent points."""

    device: DeviceView
    severity: int | None
    alarms: int
    silent: int


@router.get("/sectors", summary="How every sector stands")
async def list_sectors(centre: CentreDep) -> list[SectorView]:
    """In the order of the province's configuration."""
    fleet = await centre.sector_fleet()
    return [view_of(fleet.standing(plan)) for plan in plans_of(centre)]


@router.get("/sectors/{sector}", summary="How one sector stands")
async def one_sector(sector: Annotated[Key, InPath()], centre: CentreDep) -> SectorView:
    """Its figures from the newest values of its devices."""
    plan = plan_of(centre, sector)
    return view_of((await centre.sector_fleet()).standing(plan))


@router.get("/sectors/{sector}/devices", summary="The devices of a sector, those that need a look first in front")
async def sector_devices(
    sector: Annotated[Key, InPath()], centre: CentreDep, cursor: Cursor = None, limit: Limit = 100
) -> Page[SectorDevice]:
    """By open alarms, then faults, then silent points."""
    plan = plan_of(centre, sector)
    found = page_of((await centre.sector_fleet()).troubles(plan), _place, cursor=cursor, limit=limit)
    rows = [SectorDevice(each.device, each.worst, each.alarms, each.silent) for each in found.items]
    return Page(items=rows, next=found.next)


def plans_of(centre: Centre) -> Sequence[SectorPlan]:
    """The pages of the sectors in sight, as configured; else a plain one for each component project."""
    return plans_in_sight(centre, centre.settings.sectors or plain_plans(centre.profiles))


def plan_of(centre: Centre, sector: str) -> SectorPlan:
    """The plan of a sector, or the error that becomes a 404."""
    plan = next((each for each in plans_of(centre) if each.id == sector), None)
    if plan is None:
        raise UnknownThingError(f"There is no sector {sector!r}.")
    return plan


def rules_of(centre: Centre, plan: SectorPlan) -> list[Rule]:
    """The rules that judge a sector's devices, by id."""
    looked_at = profiles_of_rules(centre.rules.running.rules)
    rules = centre.rules.running.rules
    return [rules[name] for name in sorted(rules) if looked_at[name] in plan.profiles]


def view_of(standing: SectorStanding) -> SectorView:
    """A standing with the names of the JSON."""
    plan = standing.plan
    figures = tuple(
        FigureView(
            each.figure.name, each.figure.profile, each.figure.point, each.figure.how, each.unit, each.value,
            each.devices, each.of, each.oldest_at, each.figure.target.value if each.figure.target else None, each.met,
        )
        for each in standing.figures
    )  # fmt: skip
    return SectorView(
        plan.id,
        plan.name,
        plan.owner,
        standing.devices,
        standing.well,
        standing.severities,
        standing.newest_at,
        figures,
    )


def _place(trouble: Trouble) -> str:
    """Where it stands in the list, as a text that sorts."""
    device = trouble.device
    answers = int(not device.fault)
    return f"{trouble.severity}/{answers}/{9999 - min(trouble.silent, 9999):04d}/{device.gateway}/{device.id}"
