"""Search over everything that somebody may see: one question, the best of each kind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query

from cloud.api.deps import Centre
from cloud.api.finding import Candidate, Found, Group, Kind, best, called, words_of
from cloud.api.guard import CentreDep
from cloud.api.sectors import plans_of
from cloud.api.views import DeviceView
from cloud.store.base import AlarmRow
from cloud.store.incident_port import IncidentFilter, IncidentRow
from device_profiles.schema import Text

router = APIRouter(prefix="/api/v1", tags=["search"])
MOST_OPEN = 5_000
PLACE: Final = re.compile(r"\{[^{}]*\}")
Asked = Annotated[str, Query(max_length=100, description="Words, with or without diacritics.")]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What is looked through: the centre as somebody sees it, and what had to be asked for first."""

    centre: Centre
    words: Words
    devices: Sequence[DeviceView] = ()
    alarms: Sequence[AlarmRow] = ()
    incidents: Sequence[IncidentRow] = ()


Candidates = Callable[[Ground], Iterable[Candidate]]


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
    ground = await _ground(centre, words, kinds)
    groups = []
    for each in kinds:  # a worker thread would hold everybody else up: this is all our own work, and no waiting
        group = best(each, KINDS[each](ground), words, limit=limit)
        groups += [group] if group.total else []
        await asyncio.sleep(0)
    return groups


async def _ground(centre: Centre, words: Words, kinds: Sequence[Kind]) -> Ground:
    devices = centre.devices_called(words) if "device" in kinds else ()
    alarms = await asyncio.to_thread(centre.open_alarms) if "alarm" in kinds else ()
    incidents = await asyncio.to_thread(_open_incidents, centre) if "incident" in kinds else ()
    return Ground(centre, words, devices, alarms, incidents)


def _open_incidents(centre: Centre) -> Sequence[IncidentRow]:
    return centre.incidents.incidents(IncidentFilter(open=True), before=None, limit=MOST_OPEN)


def _sectors(ground: Ground) -> Iterator[Candidate]:
    for plan in plans_of(ground.centre):
        found = partial(Found, "sector", plan.id, plan.name, plan.owner, f"/sectors/{plan.id}")
        yield Candidate(called(plan.name, plan.id), found, (plan.owner,))


def _areas(ground: Ground) -> Iterator[Candidate]:
    centre = ground.centre
    here = {site.area for site in centre.sites()}
    for area, name in centre.area_names().items():
        if area in here:
            found = partial(Found, "area", area, name, "", f"/map?area={quote(area)}")
            yield Candidate(called(name, area), found)


def _sites(ground: Ground) -> Iterator[Candidate]:
    centre = ground.centre
    areas = centre.area_names()
    for site in centre.sites():
        found = partial(Found, "site", site.id, site.name, _vi(areas, site.area), f"/devices?site={quote(site.id)}")
        yield Candidate(called(site.name, site.id), found, _said(areas.get(site.area)))


def _devices(ground: Ground) -> Iterator[Candidate]:
    names = {site.id: site.name for site in ground.centre.sites()}
    for each in ground.devices:
        yield Candidate(called(each.name, each.id), partial(_device, each, names), ground.words, held=True)


def _device(each: DeviceView, sites: Mapping[str, Text]) -> Found:
    return Found("device", each.id, each.name, _vi(sites, each.site), f"/devices/{each.gateway}/{each.id}")


def _gateways(ground: Ground) -> Iterator[Candidate]:
    centre = ground.centre
    sites = {site.id: site.name for site in centre.sites()}
    for each in centre.gateways():
        found = partial(Found, "gateway", each.id, each.name, _vi(sites, each.site), f"/gateways/{each.id}")
        yield Candidate(called(each.name, each.id), found, _said(sites.get(each.site)))


def _alarms(ground: Ground) -> Iterator[Candidate]:
    for each in ground.alarms:
        more = (each.rule, each.gateway, each.device, each.site)
        yield Candidate((each.text_vi, each.text_en, each.id), partial(_alarm, each), more)


def _alarm(each: AlarmRow) -> Found:
    return Found("alarm", each.id, Text(vi=each.text_vi, en=each.text_en), each.rule, f"/alarms/{each.id}")


def _incidents(ground: Ground) -> Iterator[Candidate]:
    for each in ground.incidents:
        name = Text(vi=each.title, en=each.title)
        found = partial(Found, "incident", each.id, name, each.assignee, f"/incidents/{each.id}")
        yield Candidate(called(name, each.id), found, (each.assignee, each.site))


def _rules(ground: Ground) -> Iterator[Candidate]:
    for name, rule in ground.centre.rules.running.rules.items():
        text = _without_places(rule.text)
        found = partial(Found, "rule", name, text, rule.owner, f"/rules/{name}")
        yield Candidate(called(text, name), found, (rule.owner,))


def _profiles(ground: Ground) -> Iterator[Candidate]:
    for key, profile in ground.centre.profiles.items():
        points = [word for point in profile.points for word in (point.name.vi, point.name.en)]
        found = partial(Found, "profile", key, profile.name, profile.vendor, f"/profiles/{key}")
        yield Candidate(called(profile.name, key), found, (profile.vendor, profile.model, profile.protocol, *points))


def _without_places(text: Text) -> Text:
    """The text of a rule, whose figures are not there yet."""
    return Text(vi=PLACE.sub("…", text.vi), en=PLACE.sub("…", text.en))


def _said(name: Text | None) -> tuple[str, ...]:
    return (name.vi, name.en) if name else ()


def _vi(names: Mapping[str, Text], key: str) -> str:
    """A place beside a name: places have the same name in both languages, or nearly."""
    return names[key].vi if key in names else key


KINDS: Final[Mapping[Kind, Candidates]] = {
    "sector": _sectors, "area": _areas, "site": _sites, "device": _devices, "gateway": _gateways, "alarm": _alarms,
    "incident": _incidents, "rule": _rules, "profile": _profiles,
}  # fmt: skip
