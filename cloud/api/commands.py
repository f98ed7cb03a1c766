"""Orders to devices and gateways: signed by the centre, audited before and after; dangerous ones take two people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.access.sessions import Identity
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Limit, Page
from cloud.api.problems import ProblemError
from cloud.api.views import Order, Outcome
from cloud.orders import detail_of, is_dangerous
from cloud.store.configuration_port import RequestRow
from device_profiles.schema import ID_PATTERN, NAME_PATTERN, DeviceProfile
from device_profiles.wire.helping import ITSELF, argument_fault, help_verb, is_for_gateway

router = APIRouter(prefix="/api/v1", tags=["commands"])
LONGEST_TEXT = 64 * 1024  # a whole configuration, for `plan`
Value = bool | int | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=LONGEST_TEXT)]


class NewCommand(BaseModel):
    """What shall be done; the device "" or `@gateway` is the gateway itself.

    Verbs and arguments are those of the device's profile, and those of remote help: read_now, snapshot, ping_device,
    restart_connector for devices; status, log_tail, configuration, plan, confirm, rollback for gateways.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "gateway": "gw-pvhcc",
                    "device": "kiosk-01",
                    "verb": "show_message",
                    "arguments": {"text": "Xin vui lòng chờ"},
                }
            ]
        },
    )
    gateway: Annotated[str, Field(pattern=ID_PATTERN)]
    device: Annotated[str, Field(pattern=f"^({ITSELF})?$|{ID_PATTERN}")] = ITSELF
    verb: Annotated[str, Field(pattern=NAME_PATTERN, max_length=48)]
    arguments: dict[str, Value] = Field(default_factory=dict, max_length=16)
    comment: str = Field("", max_length=500, description="Why; for the audit log and for whoever confirms it.")


@router.post("/commands", summary="Tell a gateway or a device to do something")
async def send_command(wanted: NewCommand, centre: CentreDep, identity: IdentityDep, response: Response) -> Outcome:
    """Waits a short while for the result, `sent` = none in time; 202 and `asked` when a second person must confirm."""
    profile = profile_of(centre, wanted)
    order = Order(wanted.gateway, wanted.device or ITSELF, wanted.verb, dict(wanted.arguments))
    if is_dangerous(order, profile):
        row = await centre.requests.ask(order, actor=identity.name, comment=wanted.comment)
        await _audit(centre, identity, "command_asked", row)
        response.status_code = 202
        return Outcome(row.id, "asked", row.asked_at)
    target = f"{order.gateway}/{order.device}"
    detail = detail_of(order.verb, order.arguments)
    await write_audit(centre, actor=identity.name, action="command", target=target, detail=detail)
    outcome = await centre.send_command(order, actor=identity.name)
    await write_audit(
        centre, actor=identity.name, action="command_outcome", target=target, detail=f"{outcome.id} {outcome.outcome}"
    )
    return outcome


@router.get("/commands/requests", summary="Orders that a second person must confirm")
async def list_requests(
    centre: CentreDep, gateway: Annotated[str | None, Query(pattern=ID_PATTERN)] = None, limit: Limit = 100
) -> Page[RequestRow]:
    """Newest first, also those that were decided or came to nothing."""
    return Page(items=list(await centre.requests.newest(limit=limit, gateway=gateway)), next=None)


@router.post("/commands/requests/{request}/confirm", summary="Confirm what another person asked for")
async def confirm_request(request: str, centre: CentreDep, identity: IdentityDep) -> RequestRow:
    """Only somebody else, logged in, within 15 minutes; then it is sent, and `outcome` says what came of it."""
    if identity.kind != "session":
        raise ProblemError(403, "person_needed", "A person must confirm it, not a program: log in.")
    await _audit(centre, identity, "command_confirm", await centre.requests.one(request))
    row = await centre.requests.confirm(request, actor=identity.name)
    await _audit(centre, identity, "command_outcome", row)
    return row


@router.post("/commands/requests/{request}/withdraw", summary="Take a request back")
async def withdraw_request(request: str, centre: CentreDep, identity: IdentityDep) -> RequestRow:
    """Nobody can confirm it any more."""
    row = await centre.requests.withdraw(request, actor=identity.name)
    await _audit(centre, identity, "command_withdrawn", row)
    return row


def profile_of(centre: Centre, wanted: NewCommand) -> DeviceProfile | None:
    """The profile of the device that is meant, None for the gateway itself; RefusedOrderError, UnknownThingError."""
    itself = is_for_gateway(wanted.device)
    if itself and centre.gateway(wanted.gateway) is None:
        raise UnknownThingError(f"There is no gateway {wanted.gateway!r}.")
    profile = None if itself else centre.profiles.get(device_of(centre, wanted.gateway, wanted.device).profile)
    helps = help_verb(wanted.device, wanted.verb)
    if helps is not None:
        if fault := argument_fault(helps, wanted.arguments):
            raise RefusedOrderError(f"{fault}.")
        return profile
    known = {command.verb: set(command.arguments) for command in profile.commands} if profile else {}
    if wanted.verb not in known:
        raise RefusedOrderError(f"The device knows no command {wanted.verb!r}; it knows: {', '.join(known) or 'none'}.")
    if set(wanted.arguments) != known[wanted.verb]:
        raise RefusedOrderError(f"{wanted.verb} takes the arguments: {', '.join(known[wanted.verb]) or 'none'}.")
    return profile


async def _audit(centre: Centre, identity: Identity, action: str, row: RequestRow) -> None:
    said = row.outcome.split(" ", 1)[0]
    detail = f"{row.id} {row.verb} {row.comment or said}".strip()
    target = f"{row.gateway}/{row.device}"
    await write_audit(centre, actor=identity.name, action=action, target=target, detail=detail)
