"""The pages of roll-outs in waves."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.waves import WaveId, list_rollouts, one_rollout
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
MEMBER_ORDER = ("waiting", "sent", "good", "rolled_back", "lost", "refused", "overtaken")


@router.get("/waves")
async def waves_page(request: Request, centre: CentreDep, identity: IdentityDep) -> HTMLResponse:
    """Every roll-out, and for engineers the form that begins one."""
    return page(
        request,
        "waves.html",
        found=await list_rollouts(centre, limit=50),
        order=MEMBER_ORDER,
        areas=sorted({site.area for site in centre.sites()}),
        profiles=sorted(centre.device_counts().of_profile),
        gateways=sorted(each.id for each in centre.gateways() if each.site),
        may_mend=identity.role.includes(Role.ENGINEER),
    )


@router.get("/waves/{wave}")
async def wave_page(request: Request, wave: WaveId, centre: CentreDep, identity: IdentityDep) -> HTMLResponse:
    """One roll-out with its gateways, wave by wave."""
    detail = await one_rollout(wave, centre)
    groups: dict[int, list[object]] = {}
    for member in detail.members:
        groups.setdefault(member.wave + 1, []).append(member)
    return page(
        request,
        "wave.html",
        detail=detail,
        rollout=detail.rollout,
        groups=groups,
        order=MEMBER_ORDER,
        names={each.id: each.name for each in centre.gateways()},
        may_mend=identity.role.includes(Role.ENGINEER),
    )
