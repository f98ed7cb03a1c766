"""The gateways: whether they live, what they hold back, their clocks; and how they come, move, are replaced and go."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.deps import UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.views import GatewayView
from cloud.enrolment.desk import Enrolled, EnrolledDetail
from cloud.enrolment.registry import NewGateway, Ticket
from device_profiles.schema import ID_PATTERN, Text

router = APIRouter(prefix="/api/v1", tags=["inventory"])
Id = Annotated[str, Field(pattern=ID_PATTERN)]
IdOrNone = Annotated[str, Field(pattern=f"^$|{ID_PATTERN}")]
Serial = Annotated[str, Field(max_length=64)]
Days = Annotated[int, Field(ge=0, le=365, description="How long the claim waits; 0 = as configured.")]
STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Wanted(BaseModel):
    """A gateway that is expected; without an id it gets one."""

    model_config = STRICT | {
        "json_schema_extra": {"examples": [{"site": "site-mcc", "profiles": ["street_light_cabinet"]}]}
    }
    site: Id
    gateway: IdOrNone = ""
    name: Text | None = None
    profiles: tuple[Id, ...] = Field((), max_length=64, description="Device profiles that are expected there.")
    serial: Serial = ""
    valid_days: Days = 0


class NewClaim(BaseModel):
    """A further claim; `serial` null = as it was (of a replacement: any)."""

    model_config = STRICT
    serial: Serial | None = None
    valid_days: Days = 0


class NewSite(BaseModel):
    """Where the gateway is from now on."""

    model_config = STRICT
    site: Id


class Why(BaseModel):
    """Why a gateway ends."""

    model_config = STRICT | {"json_schema_extra": {"examples": [{"reason": "Tủ bị mất trộm."}]}}
    reason: str = Field(min_length=1, max_length=500)


@router.get("/gateways", summary="Gateways")
async def list_gateways(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[GatewayView]:
    """Every gateway, by id."""
    return page_of(centre.gateways(), lambda gateway: gateway.id, cursor=cursor, limit=limit)


@router.post("/gateways", summary="Expect a gateway", status_code=201)
async def add_gateway(wanted: Wanted, centre: CentreDep, identity: IdentityDep) -> Ticket:
    """Its claim: the code and the link are said once, here."""
    wish = NewGateway(wanted.site, wanted.gateway, wanted.name, wanted.profiles, wanted.serial, wanted.valid_days)
    return await centre.enrolment.registry.add(wish, actor=identity.name)


@router.get("/gateways/{gateway}", summary="One gateway")
async def one_gateway(gateway: str, centre: CentreDep) -> GatewayView:
    """What the gateway last said of itself."""
    view = centre.gateway(gateway)
    if view is None:
        raise UnknownThingError(f"There is no gateway {gateway!r}.")
    return view


@router.get("/enrolment/gateways", summary="The registry of gateways")
async def list_enrolled(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[Enrolled]:
    """Every gateway that was added, or that a file lists: its state, its open claim, the end of its certificate."""
    return page_of(await centre.enrolment.desk.all(), lambda each: each.gateway, cursor=cursor, limit=limit)


@router.get("/gateways/{gateway}/enrolment", summary="Claims and certificates of a gateway")
async def one_enrolled(gateway: str, centre: CentreDep) -> EnrolledDetail:
    """Never the codes: nobody has kept them."""
    detail = await centre.enrolment.desk.one(gateway)
    if detail is None:
        raise UnknownThingError(f"There is no gateway {gateway!r}.")
    return detail


@router.post("/gateways/{gateway}/label", summary="A new claim for an expected gateway", status_code=201)
async def label_gateway(gateway: str, wanted: NewClaim, centre: CentreDep, identity: IdentityDep) -> Ticket:
    """The former one dies."""
    return await centre.enrolment.registry.label(
        gateway, actor=identity.name, serial=wanted.serial, days=wanted.valid_days
    )


@router.post("/gateways/{gateway}/replace", summary="A claim for a new box in an old one's place", status_code=201)
async def replace_gateway(gateway: str, wanted: NewClaim, centre: CentreDep, identity: IdentityDep) -> Ticket:
    """The old box works until the new one has joined; then its certificate is revoked."""
    return await centre.enrolment.registry.replace(
        gateway, actor=identity.name, serial=wanted.serial, days=wanted.valid_days
    )


@router.post("/gateways/{gateway}/move", summary="Put a gateway at another site")
async def move_gateway(gateway: str, wanted: NewSite, centre: CentreDep, identity: IdentityDep) -> Enrolled:
    """From its next batch on; what it brought before stays where it was."""
    await centre.enrolment.registry.move(gateway, wanted.site, actor=identity.name)
    return await _enrolled(centre, gateway)


@router.post("/gateways/{gateway}/retire", summary="End a gateway for good")
async def retire_gateway(gateway: str, why: Why, centre: CentreDep, identity: IdentityDep) -> Enrolled:
    """Its certificate and its claims die, its history stays."""
    await centre.enrolment.registry.retire(gateway, actor=identity.name, reason=why.reason)
    return await _enrolled(centre, gateway)


@router.post("/gateways/{gateway}/revoke", summary="Put a gateway out at once")
async def revoke_gateway(gateway: str, why: Why, centre: CentreDep, identity: IdentityDep) -> Enrolled:
    """The broker cuts it within a minute; `replace` takes it in again."""
    await centre.enrolment.registry.revoke(gateway, actor=identity.name, reason=why.reason)
    return await _enrolled(centre, gateway)


async def _enrolled(centre: CentreDep, gateway: str) -> Enrolled:
    detail = await centre.enrolment.desk.one(gateway)
    if detail is None:
        raise UnknownThingError(f"There is no gateway {gateway!r}.")
    return detail.gateway
