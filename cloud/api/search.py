"""Search over everything that somebody may see: one question, the best of each kind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query

from cloud.api.deps import Centre
from cloud.api.finding import Candidate, Found, Group, Kind, best, holds, words_of
from cloud.api.guard import CentreDep
from cloud.api.sectors import plans_of
from cloud.api.views import DeviceView
from cloud.store.incident_port import IncidentFilter
from device_profiles.schema import Text

router = APIRouter(prefix="/api/v1", tags=["search"])
MOST_OPEN = 5_000
PLACE: Final = re.compile(r"\{[^{}]*\}")
Asked = Annotated[str, Query(max_length=100, description="Words, with or without diacritics.")]
Words = tuple[str, ...]
Candidates = Callable[[Centre, Sequence[DeviceView], Words], Iterable[Candidate]]


@router.get("/search", summary="Find anything by words")
async def search(
    centre: CentreDep,
    q: Asked = "",
    kind: Annotated[Kind | None, Query(description="Only things of this kind.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Things of each kind at most.")] = 8,
) -> list[Group]:
    """Sectors, areas, sites, devices, gateways, open alarms and incidents, rules and device models."""
    words = words_of(q)
    if not words:
        return []
    kinds = [kind] if kind else list(KINDS)
    devices = centre.devices() if "device" in kinds else ()

    def look() -> list[Group]:
        groups = [best(each, KINDS[each](centre, devices, words), words, limit=limit) for each in kinds]
        return [each for each in groups if each.total]

    return await asyncio.to_thread(look)


def _sectors(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    for plan in plans_of(centre):
        yield Candidate(Found("sector", plan.id, plan.name, plan.owner, f"/sectors/{plan.id}"), plan.owner)


def _areas(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    here = {site.area for site in centre.sites()}
    for area, name in centre.area_names().items():
        if area in here:
            yield Candidate(Found("area", area, name, "", f"/map?area={quote(area)}"))


def _sites(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    areas = centre.area_names()
    for site in centre.sites():
        about = _said(areas.get(site.area))
        yield Candidate(
            Found("site", site.id, site.name, _vi(areas, site.area), f"/devices?site={quote(site.id)}"), about
        )


def spelling_of(centre: Centre) -> Callable[[DeviceView], tuple[str, ...]]:
    """By what somebody may look for a device: names, ids, the names of its model and of its site."""
    models = {key: _said(profile.name) for key, profile in centre.profiles.items()}
    places = {site.id: _said(site.name) for site in centre.sites()}

    def parts(each: DeviceView) -> tuple[str, ...]:
        name, model, place = each.name, models.get(each.profile, ""), places.get(each.site, each.site)
        return name.vi, name.en, each.id, each.gateway, each.profile, model, place

    return parts


def _devices(centre: Centre, devices: Sequence[DeviceView], words: Words) -> Iterator[Candidate]:
    sites, spelling = {site.id: site.name for site in centre.sites()}, spelling_of(centre)
    for each in devices:
        parts = spelling(each)
        if holds(words, *parts):
            found = Found("device", each.id, each.name, _vi(sites, each.site), f"/devices/{each.gateway}/{each.id}")
            yield Candidate(found, " ".join(parts[3:]))


def _gateways(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    sites = {site.id: site.name for site in centre.sites()}
    for each in centre.gateways():
        found = Found("gateway", each.id, each.name, _vi(sites, each.site), f"/gateways/{each.id}")
        yield Candidate(found, _said(sites.get(each.site)))


def _alarms(centre: Centre, _: Sequence[DeviceView], words: Words) -> Iterator[Candidate]:
    for each in centre.open_alarms():
        more = (each.rule, each.gateway, each.device, each.site)
        if holds(words, each.text_vi, each.text_en, each.id, *more):
            text = Text(vi=each.text_vi, en=each.text_en)
            yield Candidate(Found("alarm", each.id, text, each.rule, f"/alarms/{each.id}"), " ".join(more))


def _incidents(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    for each in centre.incidents.incidents(IncidentFilter(open=True), before=None, limit=MOST_OPEN):
        found = Found("incident", each.id, Text(vi=each.title, en=each.title), each.assignee, f"/incidents/{each.id}")
        yield Candidate(found, f"{each.assignee} {each.site}")


def _rules(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    for name, rule in centre.rules.running.rules.items():
        yield Candidate(Found("rule", name, _without_places(rule.text), rule.owner, f"/rules/{name}"), rule.owner)


def _profiles(centre: Centre, _: Sequence[DeviceView], __: Words) -> Iterator[Candidate]:
    for key, profile in centre.profiles.items():
        points = " ".join(_said(point.name) for point in profile.points)
        found = Found("profile", key, profile.name, profile.vendor, f"/profiles/{key}")
        yield Candidate(found, f"{profile.vendor} {profile.model} {profile.protocol} {points}")


def _without_places(text: Text) -> Text:
    """The text of a rule, whose figures are not there yet."""
    return Text(vi=PLACE.sub("…", text.vi), en=PLACE.sub("…", text.en))


def _said(name: Text | None) -> str:
    return f"{name.vi} {name.en}" if name else ""


def _vi(names: Mapping[str, Text], key: str) -> str:
    """A place beside a name: places have the same name in both languages, or nearly."""
    return names[key].vi if key in names else key


KINDS: Final[Mapping[Kind, Candidates]] = {
    "sector": _sectors, "area": _areas, "site": _sites, "device": _devices, "gateway": _gateways, "alarm": _alarms,
    "incident": _incidents, "rule": _rules, "profile": _profiles,
}  # fmt: skip
