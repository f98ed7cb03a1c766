"""The catalogue of device models: what the centre knows how to read, and what of it is in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath

from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from device_profiles.schema import DeviceProfile, Key, Sector, Text
from device_profiles.search import found
from device_profiles.sectors import NAMES

router = APIRouter(prefix="/api/v1/profiles", tags=["inventory"])

Words = Annotated[
    str, Query(max_length=100, description="Words in names, points, vendor or sector; no diacritics needed.")
]
Wanted = Annotated[Sector | None, Query(description="Only this sector.")]
Spoken = Annotated[str, Query(max_length=32, description="Only this protocol.")]


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One device model; `devices` are those that report its measurement, `rules` those that judge it."""

    id: str
    name: Text
    vendor: str
    model: str
    sector: Sector
    sector_name: Text
    protocol: str
    reports_as: str
    points: int
    devices: int
    rules: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ProfileDetail:
    """A model in full: its profile, the rules that judge its measurement, and the models that report as it."""

    view: ProfileView
    profile: DeviceProfile
    rules: Sequence[str]
    models: Sequence[str]


@router.get("", summary="Device models")
async def list_profiles(
    centre: CentreDep,
    q: Words = "",
    sector: Wanted = None,
    protocol: Spoken = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ProfileView]:
    """By sector and id, and for words the models first that are called so; "muc nuoc" finds "Mực nước"."""
    kept = [
        each for each in centre.profiles.values()
        if sector in (None, each.sector) and protocol in ("", each.protocol)
    ]  # fmt: skip
    views = profile_views(centre, found(kept, q))
    sectors = list(NAMES)
    places = {view.id: place for place, view in enumerate(views)} if q else {}
    return page_of(
        views,
        lambda view: f"{places.get(view.id, sectors.index(view.sector)):04d}/{view.id}",
        cursor=cursor,
        limit=limit,
    )


@router.get("/{profile}", summary="One device model in full")
async def one_profile(profile: Annotated[Key, InPath()], centre: CentreDep) -> ProfileDetail:
    """Its points with their addresses, limits and report rules, as gateways run it."""
    known = centre.profiles.get(profile)
    if known is None:
        raise UnknownThingError(f"There is no device model {profile!r}.")
    (view,) = profile_views(centre, [known])
    measurement = known.reports_as or known.profile
    return ProfileDetail(
        view=view,
        profile=known,
        rules=sorted(rule.id for rule in centre.rules.running.rules.values() if rule.selector.profile == measurement),
        models=sorted(each.profile for each in centre.profiles.values() if each.reports_as == profile),
    )


def profile_views(centre: Centre, profiles: Sequence[DeviceProfile]) -> list[ProfileView]:
    """These models with the counts of what uses them."""
    devices = centre.device_counts().of_profile
    rules = Counter(rule.selector.profile for rule in centre.rules.running.rules.values())
    return [_view(each, devices, rules) for each in profiles]


def _view(profile: DeviceProfile, devices: Mapping[str, int], rules: Counter[str]) -> ProfileView:
    measurement = profile.reports_as or profile.profile
    return ProfileView(
        id=profile.profile,
        name=profile.name,
        vendor=profile.vendor,
        model=profile.model,
        sector=profile.sector,
        sector_name=NAMES[profile.sector],
        protocol=profile.protocol,
        reports_as=profile.reports_as,
        points=len(profile.points),
        devices=devices.get(measurement, 0),
        rules=rules[measurement],
        confirmed=profile.confirmed,
    )
