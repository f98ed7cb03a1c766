"""Orders to devices: signed by the centre, written into the audit log before and after."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.audit import write_audit
from cloud.api.deps import RefusedOrderError
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.views import Order, Outcome
from device_profiles.schema import ID_PATTERN, NAME_PATTERN

router = APIRouter(prefix="/api/v1", tags=["commands"])
Value = bool | int | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=500)]


class NewCommand(BaseModel):
    """What a device shall do; verb and arguments are those of its profile."""

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
    device: Annotated[str, Field(pattern=ID_PATTERN)]
    verb: Annotated[str, Field(pattern=NAME_PATTERN, max_length=48)]
    arguments: dict[str, Value] = Field(default_factory=dict, max_length=16)


@router.post("/commands", summary="Tell a device to do something")
async def send_command(wanted: NewCommand, centre: CentreDep, identity: IdentityDep) -> Outcome:
    """Waits a short while for the result; `sent` when none came in time."""
    profile = centre.profiles.get(device_of(centre, wanted.gateway, wanted.device).profile)
    known = {command.verb: set(command.arguments) for command in profile.commands} if profile else {}
    if wanted.verb not in known:
        raise RefusedOrderError(f"The device knows no command {wanted.verb!r}; it knows: {', '.join(known) or 'none'}.")
    if set(wanted.arguments) != known[wanted.verb]:
        raise RefusedOrderError(f"{wanted.verb} takes the arguments: {', '.join(known[wanted.verb]) or 'none'}.")
    target = f"{wanted.gateway}/{wanted.device}"
    detail = json.dumps({wanted.verb: wanted.arguments}, ensure_ascii=False)
    await write_audit(centre, actor=identity.name, action="command", target=target, detail=detail)
    order = Order(wanted.gateway, wanted.device, wanted.verb, dict(wanted.arguments))
    outcome = await centre.send_command(order, actor=identity.name)
    await write_audit(
        centre, actor=identity.name, action="command_outcome", target=target, detail=f"{outcome.id} {outcome.outcome}"
    )
    return outcome
