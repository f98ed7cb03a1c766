"""The pages: each asks the API's own functions and fills one template."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from cloud.api.configurations import standings
from cloud.api.deps import Centre
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep
from cloud.api.ledger import summarise
from cloud.api.pages import Cursor, page_of
from cloud.api.sectors import plan_of, plans_of
from cloud.api.views import TERMS, AccountView, sums_of
from cloud.api.which import Which
from cloud.atlas.places import site_states
from cloud.ingest.ranges import size_of_ranges
from cloud.store.base import AlarmFilter, AlarmRow
from cloud.web import present
from cloud.web.fleet import SEVERITIES, in_order, models_with, room_left, severity_counts
from cloud.web.render import LANGUAGE_COOKIE, THEME_COOKIE, page, taste_of
from cloud.web.rivers import LEVEL_POINT, river_of
from cloud.web.search import devices_found
from device_profiles.schema import Text

router = APIRouter(include_in_schema=False)
YEAR_S = 365 * 86_400
PER_PAGE = 60
LATEST = 8
SPANS_SHOWN = 5  # of one account; the API and `thacba-cloud ledger` tell all
RANGES_MS = {"15m": 900_000, "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000}
Short = Annotated[str, Query(max_length=64)]


@router.get("/login")
async def log_in_page(request: Request, back: Annotated[str, Query(max_length=300)] = "/") -> HTMLResponse:
    """The only page that a stranger sees."""
    return page(request, "login.html", back=inside(back))


@router.get("/preferences")
async def preferences(
    centre: CentreDep,
    back: Annotated[str, Query(max_length=300)] = "/",
    language: Literal["vi", "en"] | None = None,
    theme: Literal["dark", "light"] | None = None,
) -> RedirectResponse:
    """Remembers language or theme in a cookie and goes back."""
    answer = RedirectResponse(inside(back), 303)
    for cookie, chosen in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        if chosen:
            answer.set_cookie(
                cookie, chosen, max_age=YEAR_S, secure=centre.settings.cookie_secure, httponly=True, samesite="lax"
            )
    return answer


@router.get("/")
async def overview(request: Request, centre: CentreDep) -> HTMLResponse:
    """Map, figures, rivers and the newest alarms."""
    opened = await asyncio.to_thread(centre.state.open_alarms)
    gauges = [each for each in centre.devices(models_with(centre, LEVEL_POINT)) if not each.source]
    rivers = [river_of(each, centre.thresholds(each.gateway, each.id, LEVEL_POINT)) for each in gauges]
    return page(
        request,
        "overview.html",
        figures=await summarise(centre),
        severities=severity_counts(opened),
        freshness=in_order(centre.device_counts().freshness),
        rivers=[river for river in rivers if river is not None],
        alarms=await asyncio.to_thread(_worst_alarms, centre),
        sites=site_states(centre.sites(), centre.gateways(), opened),
        site_names=site_names(centre),
    )


@router.get("/devices")
async def devices_page(
    request: Request,
    centre: CentreDep,
    site: Short = "",
    show: Literal["all", "problems"] = "all",
    q: Annotated[str, Query(max_length=100)] = "",
    sector: Short = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """Every device with its values, or those that are looked for."""
    profiles = plan_of(centre, sector).profiles if sector else None
    wanted = devices_found(centre, q, site=site, problems=show == "problems", profiles=profiles)
    found = page_of(wanted, lambda view: f"{view.site}/{view.gateway}/{view.id}", cursor=cursor, limit=PER_PAGE)
    return page(
        request,
        "devices.html",
        found=found,
        total=len(wanted),
        cursor=cursor,
        q=q,
        site=site,
        show=show,
        sector=sector,
        sectors=plans_of(centre),
        sites=sorted(centre.sites(), key=lambda each: each.id),
        site_names=site_names(centre),
        formats=value_formats(request, centre),
    )


@router.get("/devices/{gateway}/{device}")
async def device_page(
    request: Request,
    gateway: str,
    device: str,
    centre: CentreDep,
    point: Short = "",
    span: Annotated[Literal["15m", "1h", "6h", "24h"], Query(alias="range")] = "24h",
) -> HTMLResponse:
    """One device: values and a chart of one of its points."""
    view = device_of(centre, gateway, device)
    drawable = [each for each in view.points if each.type.value != "string"]
    chosen = next((each for each in drawable if each.key == point), drawable[0] if drawable else None)
    return page(
        request,
        "device.html",
        device=view,
        chosen=chosen,
        drawable=drawable,
        span=span,
        spans=RANGES_MS,
        profile=centre.profiles.get(view.profile),
        source=centre.device(gateway, view.source) if view.source else None,
        indices=[each for each in centre.devices(Which(gateway=gateway)) if each.source == device],
        site_names=site_names(centre),
        formats=value_formats(request, centre),
    )


@router.get("/gateways")
async def gateways_page(request: Request, centre: CentreDep, cursor: Cursor = None) -> HTMLResponse:
    """The fleet: links, backlog, clocks and the ledger."""
    accounts = centre.ledger()
    found = page_of(centre.gateways(), lambda each: each.id, cursor=cursor, limit=PER_PAGE)
    rows: dict[str, list[AccountView]] = {each.id: [] for each in found.items}
    for account in accounts:
        if account.gateway in rows:
            rows[account.gateway].append(account)
    listed = [each.id for each in found.items if each.site]
    return page(
        request,
        "gateways.html",
        found=found,
        accounts=rows,
        standings=dict.fromkeys(rows) | {each.gateway: each for each in await standings(centre, listed)},
        rooms={each.id: room_left(each, now=centre.clock.now_ms()) for each in found.items},
        total=sums_of(accounts),
        terms=TERMS,
        shown=SPANS_SHOWN,
        batches_in=size_of_ranges,
        site_names=site_names(centre),
    )


def inside(back: str) -> str:
    """An address of our own site to go back to; never another one (open redirect)."""
    ours = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and "\\" not in back
    return back if ours else "/"


def _worst_alarms(centre: Centre) -> list[AlarmRow]:
    """The gravest open alarms, of each severity the newest first: a few, however many are open."""
    found: list[AlarmRow] = []
    for severity in SEVERITIES:
        wanted = AlarmFilter(open=True, severity=severity)
        found.extend(centre.state.alarms(wanted, before=None, limit=LATEST - len(found)))
        if len(found) == LATEST:
            break
    return found


def site_names(centre: Centre) -> dict[str, Text]:
    """What the sites are called."""
    return {site.id: site.name for site in centre.sites()}


class DeviceNames:
    """What devices are called, by (gateway, device): looked up one by one, for a page names a few of thousands."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def __contains__(self, key: tuple[str, str]) -> bool:
        return self._centre.device(*key) is not None

    def __getitem__(self, key: tuple[str, str]) -> Text:
        found = self._centre.device(*key)
        if found is None:
            raise KeyError(key)
        return found.name


def device_names(centre: Centre) -> DeviceNames:
    """What the devices are called."""
    return DeviceNames(centre)


def value_formats(request: Request, centre: Centre) -> dict[str, object]:
    """What the templates of devices call: value_of(device, point) and choices_of(device, point)."""
    language = taste_of(request).language

    def choices(profile: str, point: str) -> dict[str, str]:
        return present.choices_of(centre.profiles.get(profile), point, language)

    return {
        "choices_of": choices,
        "value_of": lambda device, point: present.value(point, language, choices(device.profile, point.key)),
    }
