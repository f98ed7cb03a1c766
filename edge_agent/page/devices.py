"""Step 2: what the site expects, what is in use, what a search finds, and a device by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from device_profiles.schema import DeviceProfile
from edge_agent.commissioning.steps import Model
from edge_agent.config import DeviceConfig
from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.discovery.busy import busy_of
from edge_agent.discovery.finding import ScopeError
from edge_agent.discovery.networks import scope_of
from edge_agent.page.cabinet import Cabinet, Glance, look
from edge_agent.page.door import EntryError, Form, first, form_of, go, known
from edge_agent.page.offers import (
    Offer,
    address_of,
    connection_entered,
    device_of,
    entries_of,
    offers_of,
    with_secret,
)
from edge_agent.page.render import cabinet_of, page, part, taste_of
from edge_agent.page.rows import Row, rows_of
from edge_agent.page.signs import Document, items, text_in
from edge_agent.page.site_changes import configured, ids_of, read_now, use
from edge_agent.page.welcome import welcome_at

router = APIRouter(include_in_schema=False, dependencies=[Depends(known)])
FIELDS: Final = (
    "kind", "profile", "host", "port", "unit", "serial_port", "baud_rate", "parity", "url", "username", "secret",
)  # fmt: skip
DEFAULTS: Final = dict.fromkeys(FIELDS, "") | {
    "kind": "tcp",
    "port": "502",
    "unit": "1",
    "baud_rate": "9600",
    "parity": "none",
}


@router.get("/devices")
async def devices_page(request: Request, hand: int | None = None) -> HTMLResponse:
    """The whole screen; the first look begins a search. `hand` takes over what is known of a finding."""
    cabinet = cabinet_of(request)
    if cabinet.searching.now.state == "never":
        await _search(cabinet, "")
    findings = cabinet.searching.now.findings
    if hand is None or not 0 <= hand < len(findings):
        return await _shown(request)
    known_of = {key: value for key, value in entries_of(findings[hand]).items() if key in FIELDS}
    return await _shown(request, hand=known_of)


@router.get("/part/search")
async def search_part(request: Request) -> HTMLResponse:
    """What was found until now."""
    cabinet = cabinet_of(request)
    in_use = await _configured_or_none(cabinet)
    return part(request, "part_search.html", search=cabinet.searching.now, offers=_offers(cabinet, in_use))


@router.post("/devices/search")
async def search(request: Request) -> Response:
    """Begins a search, or stops it."""
    form = await form_of(request)
    cabinet = cabinet_of(request)
    if "stop" in form:
        cabinet.searching.stop()
        return go("/devices")
    try:
        await _search(cabinet, first(form, "network"))
    except ScopeError as error:
        raise EntryError("devices.network_wrong", why=str(error)) from error
    return go("/devices")


@router.post("/devices")
async def use_chosen(request: Request) -> Response:
    """Takes what is ticked into use, all at once."""
    form = await form_of(request)
    cabinet = cabinet_of(request)
    in_use = await configured(cabinet)
    try:
        chosen = _chosen(form, cabinet, taken=ids_of(in_use))
        return await _added(cabinet, in_use, chosen, {})
    except EntryError as error:
        return await _shown(request, mistake=error.sentence(request), status=422)


@router.post("/devices/hand")
async def by_hand(request: Request) -> Response:
    """Reads what was typed once; with `use` it is taken into use."""
    form = await form_of(request)
    cabinet = cabinet_of(request)
    entries = {name: first(form, name) for name in FIELDS}
    entries["secret"] = cabinet.typed.remembered(entries["url"], entries["secret"])
    in_use = await configured(cabinet)
    try:
        profile, device, secrets = _entered(cabinet, entries, taken=ids_of(in_use))
    except EntryError as error:
        return await _shown(request, hand=entries, hand_mistake=error.sentence(request), status=422)
    if "use" in form:
        return await _added(cabinet, in_use, [device], secrets)
    read = await _read_once(cabinet, device, secrets)
    return await _shown(request, hand=entries, hand_read={**read, "profile": profile})


@router.post("/devices/remove")
async def remove(request: Request) -> Response:
    """Takes a device out of use."""
    form = await form_of(request)
    cabinet = cabinet_of(request)
    gone = first(form, "device")
    await use(cabinet, [each for each in await configured(cabinet) if text_in(each, "id") != gone])
    return go("/devices")


async def _added(
    cabinet: Cabinet, in_use: Sequence[Document], new: Sequence[Document], secrets: Mapping[str, str]
) -> Response:
    await use(cabinet, [*in_use, *new], secrets)
    await read_now(cabinet, ids_of(new))
    return go("/values")


def _chosen(form: Form, cabinet: Cabinet, *, taken: Sequence[str]) -> list[dict[str, object]]:
    """The ticked findings as devices."""
    findings = cabinet.searching.now.findings
    devices: list[dict[str, object]] = []
    names = list(taken)
    for text in form.get("found", []):
        if not text.isdecimal() or int(text) >= len(findings):
            raise EntryError("fault.invalid")
        finding = findings[int(text)]
        profile = cabinet.catalogue.profiles.get(first(form, f"profile-{text}"))
        if profile is None:
            raise EntryError("devices.profile_missing", address=finding.address)
        device = device_of(finding.connection, profile, taken=names)
        names.append(str(device["id"]))
        devices.append(device)
    if not devices:
        raise EntryError("devices.none_chosen")
    return devices


def _entered(
    cabinet: Cabinet, entries: Mapping[str, str], *, taken: Sequence[str]
) -> tuple[DeviceProfile, dict[str, object], dict[str, str]]:
    """The device that was typed, its model, and its secret by name."""
    profile = cabinet.catalogue.profiles.get(entries["profile"])
    if profile is None:
        raise EntryError("devices.profile_unknown")
    connection = connection_entered(entries["kind"], entries, profile)
    return (profile, *with_secret(device_of(connection, profile, taken=taken), entries))


async def _read_once(cabinet: Cabinet, device: Mapping[str, object], secrets: Mapping[str, str]) -> dict[str, object]:
    """What the device says, or why it does not."""
    try:
        answer = await cabinet.agent.ask("try", {"device": dict(device), "secrets": dict(secrets)})
    except ControlError as error:
        return {"fault": error.why, "points": []}
    return {"fault": text_in(answer, "fault"), "points": items(answer, "points")}


async def _search(cabinet: Cabinet, network: str) -> None:
    """Searches there, or where this gateway usually does; doors that the agent uses are left alone."""
    in_use = [DeviceConfig.model_validate(each).connection for each in await _configured_or_none(cabinet)]
    base = replace(cabinet.scope, busy=busy_of(in_use))
    cabinet.searching.begin(scope_of([network] if network else cabinet.networks, base=base))


def _offers(cabinet: Cabinet, in_use: Sequence[Document]) -> list[Offer]:
    welcome = welcome_at(cabinet)
    expected = welcome.profiles if welcome else []
    findings = cabinet.searching.now.findings
    return offers_of(findings, expected=expected, configured=in_use, catalogue=cabinet.catalogue)


async def _configured_or_none(cabinet: Cabinet) -> list[Document]:
    try:
        return await configured(cabinet)
    except (AgentAwayError, ControlError):
        return []


def _expected(cabinet: Cabinet, glance: Glance) -> list[tuple[DeviceProfile | str, bool]]:
    """What the site expects, and whether it is there."""
    welcome = welcome_at(cabinet)
    there = [text_in(each, "profile") for each in glance.devices]
    found = []
    for name in welcome.profiles if welcome else []:
        found.append((cabinet.catalogue.profiles.get(name, name), name in there))
        if name in there:
            there.remove(name)
    return found


async def _shown(
    request: Request,
    *,
    mistake: str = "",
    hand: Mapping[str, str] | None = None,
    hand_mistake: str = "",
    hand_read: Mapping[str, object] | None = None,
    status: int = 200,
) -> HTMLResponse:
    cabinet = cabinet_of(request)
    glance = await look(cabinet)
    in_use = await _configured_or_none(cabinet)
    return page(
        request,
        "devices.html",
        glance,
        status=status,
        expected=_expected(cabinet, glance),
        in_use=[(each, address_of(connection_of(each))) for each in in_use],
        faults={text_in(each, "id"): text_in(each, "fault") for each in glance.devices},
        search=cabinet.searching.now,
        offers=_offers(cabinet, in_use),
        mistake=mistake,
        hand={**DEFAULTS, **(hand or {})},
        hand_open=hand is not None,
        hand_mistake=hand_mistake,
        hand_read=hand_read,
        hand_rows=_hand_rows(request, hand_read),
    )


def _hand_rows(request: Request, read: Mapping[str, object] | None) -> Sequence[Row]:
    profile = read.get("profile") if read else None
    if read is None or not isinstance(profile, DeviceProfile) or read.get("fault"):
        return ()
    points = {text_in(each, "point"): each for each in items(read, "points")}
    now = cabinet_of(request).clock.now_ms()
    return rows_of(Model(profile), points, now=now, period_s=profile.period_s, language=taste_of(request).language)


def connection_of(device: Document) -> Document:
    """How a configured device is reached."""
    connection = device.get("connection")
    return connection if isinstance(connection, Mapping) else {}
