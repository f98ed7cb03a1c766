"""The page of one gateway: what it runs and shall run, its versions, and help from far away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.configurations import (
    one_configuration_version,
    standings,
    version_view,
)
from cloud.api.deps import UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.scoped import has_whole
from cloud.api.which import Which
from cloud.web.fleet import room_left
from cloud.web.pages import site_names
from cloud.web.render import page
from device_profiles.schema import ID_PATTERN
from device_profiles.wire.helping import VERBS

router = APIRouter(include_in_schema=False)
SHOWN_VERSIONS = 30
SHOWN_REQUESTS = 10


@router.get("/gateways/{gateway}")
async def gateway_page(
    request: Request,
    gateway: Annotated[str, InPath(pattern=ID_PATTERN)],
    centre: CentreDep,
    identity: IdentityDep,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """Everybody sees how it stands; engineers see and change what it shall run, and ask it things."""
    view = centre.gateway(gateway)
    if view is None:
        raise UnknownThingError(f"There is no gateway {gateway!r}.")
    may_mend = identity.role.includes(Role.ENGINEER) and bool(view.site) and has_whole(centre, gateway)
    (standing,) = await standings(centre, [gateway])
    desired = centre.configurations.desired(gateway)
    rows = await centre.configurations.versions(gateway, limit=SHOWN_VERSIONS) if may_mend else ()
    devices = sorted(centre.devices(Which(gateway=gateway)), key=lambda each: each.id)
    return page(
        request,
        "gateway.html",
        gateway=view,
        standing=standing,
        text=desired.text if desired else "",
        newest=version_view(desired) if desired else None,
        versions=[version_view(row) for row in rows],
        former=await one_configuration_version(gateway, version, centre) if may_mend and version else None,
        devices=devices,
        cameras={each.id for each in devices if _protocol(centre, each.profile) == "camera"},
        verbs=VERBS,
        requests=await centre.requests.newest(limit=SHOWN_REQUESTS, gateway=gateway) if may_mend else (),
        room=room_left(view, now=centre.clock.now_ms()),
        may_mend=may_mend,
        site_names=site_names(centre),
    )


def _protocol(centre: CentreDep, profile: str) -> str:
    known = centre.profiles.get(profile)
    return known.protocol if known else ""
