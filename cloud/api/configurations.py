"""What gateways shall run: read, check, plan, change, take back. Secrets go in and never come out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Body, Header, Response
from fastapi import Path as InPath
from msgspec import json as wire_json
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from cloud.access.sessions import Identity
from cloud.api.alarms import MAX_COMMENT
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.problems import ProblemError
from cloud.api.views import Order, Outcome
from cloud.configuring.compare import Change, line_diff
from cloud.configuring.drift import Drift, Word
from cloud.configuring.sheet import ConfigurationRefusedError, secrets_in
from cloud.configuring.terms import Draft, Hand, Preview
from cloud.store.configuration_port import ConfigurationRow
from device_profiles.explain import Fault
from device_profiles.schema import ID_PATTERN
from device_profiles.wire.configuration import CONFIRM_WITHIN_S
from device_profiles.wire.helping import ITSELF

router = APIRouter(prefix="/api/v1/configurations", tags=["configurations"])
MAX_TEXT = 48 * 1024
DAY_MS = 86_400_000

GatewayId = Annotated[str, InPath(pattern=ID_PATTERN)]
IfMatch = Annotated[str, Header(alias="If-Match", max_length=80, description="The version that you read.")]


class ConfigurationText(BaseModel):
    """A configuration as it shall be: TOML with the tables of gateway.toml, and the secrets that it names."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=MAX_TEXT, description='TOML; `password_file = "sealed:cam"` refers to a secret.')
    secrets: dict[str, SecretStr] = Field(
        default_factory=dict, max_length=100, description="Name -> secret; sealed to the gateway at once."
    )


class ConfigurationChange(ConfigurationText):
    """A text to be kept and sent, and why."""

    comment: str = Field("", max_length=MAX_COMMENT)
    confirm_within_s: int = Field(
        CONFIRM_WITHIN_S, ge=5, le=86_400, description="Without link and devices for so long it returns by itself."
    )


class WhyBack(BaseModel):
    """Why a former version comes back."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    comment: str = Field("", max_length=MAX_COMMENT)


@dataclass(frozen=True, slots=True)
class StandingView:
    """How what a gateway runs stands to what it shall run. `certificate_days`: None = it has no certificate of ours."""

    gateway: str
    word: Word
    desired: int
    running: int
    source: str
    reason: str
    certificate_days: int | None


@dataclass(frozen=True, slots=True)
class ConfigurationVersionView:
    """One version; `secrets` are names alone."""

    version: int
    source: str
    author: str
    at: int
    comment: str
    rollout: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigurationDetail:
    """The newest version in full, "" when nobody has wanted one, and how the gateway stands to it."""

    standing: StandingView
    text: str
    newest: ConfigurationVersionView | None


@dataclass(frozen=True, slots=True)
class FormerConfiguration:
    """One version in full, and what has changed since."""

    version: ConfigurationVersionView
    text: str
    since: Sequence[str]


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a text would change, or what is wrong with it; `version` is the number that it would get."""

    version: int
    faults: Sequence[Fault]
    changes: Sequence[Change]
    lines: Sequence[str]


@router.get("", summary="How what gateways run stands to what they shall run")
async def list_standings(
    centre: CentreDep, cursor: Cursor = None, limit: Limit = 100, wrong: bool = False
) -> Page[StandingView]:
    """By gateway; `wrong`: only those that rolled back, run what nobody wanted, or were changed on site just now."""
    drifts = {each.id: centre.configurations.drift(each.id) for each in centre.gateways() if each.site}
    names = [name for name, drift in drifts.items() if drift.is_wrong or not wrong]
    page = page_of(names, lambda name: name, cursor=cursor, limit=limit)
    return Page(items=await standings(centre, page.items), next=page.next)


@router.get("/{gateway}", summary="What one gateway shall run")
async def one_configuration(gateway: GatewayId, centre: CentreDep, response: Response) -> ConfigurationDetail:
    """The ETag is what PUT asks for."""
    _known(centre, gateway)
    row = centre.configurations.desired(gateway)
    response.headers["ETag"] = f'"{row.version if row else 0}"'
    (standing,) = await standings(centre, [gateway])
    return ConfigurationDetail(standing, row.text if row else "", version_view(row) if row else None)


@router.get("/{gateway}/versions", summary="Every version of a configuration")
async def list_configuration_versions(
    gateway: GatewayId, centre: CentreDep, limit: Limit = 100
) -> Page[ConfigurationVersionView]:
    """Newest first."""
    rows = await centre.configurations.versions(gateway, limit=limit)
    return Page(items=[version_view(row) for row in rows], next=None)


@router.get("/{gateway}/versions/{version}", summary="One version, and what has changed since")
async def one_configuration_version(gateway: GatewayId, version: int, centre: CentreDep) -> FormerConfiguration:
    """The text as it was written."""
    row = await centre.configurations.version(gateway, version)
    now = centre.configurations.desired(gateway)
    names = (str(version), str(now.version) if now else "")
    return FormerConfiguration(version_view(row), row.text, line_diff(row.text, now.text if now else "", names=names))


@router.post("/{gateway}/check", summary="Check a text, and see what it would change")
async def check_configuration(
    gateway: GatewayId, wanted: Annotated[ConfigurationText, Body()], centre: CentreDep
) -> PreviewView:
    """Every fault at once; keeps and sends nothing. What a connection needs is known to the gateway: ask its `plan`."""
    try:
        return preview_view(await centre.configurations.check(_draft(gateway, wanted)))
    except ConfigurationRefusedError as error:
        return PreviewView(0, error.faults, (), ())


@router.post("/{gateway}/plan", summary="Ask the gateway what a text would change there")
async def plan_configuration(
    gateway: GatewayId, wanted: Annotated[ConfigurationText, Body()], centre: CentreDep, identity: IdentityDep
) -> Outcome:
    """The gateway's own models judge it, connections and all; `detail` is its answer as JSON. Changes nothing."""
    try:
        preview = await centre.configurations.check(_draft(gateway, wanted))
    except ConfigurationRefusedError as error:
        raise refused(error) from error
    text = wire_json.encode(preview.configuration).decode()
    outcome = await centre.send_command(Order(gateway, ITSELF, "plan", {"configuration": text}), actor=identity.name)
    detail = f"{outcome.id} {outcome.outcome}"
    await write_audit(centre, actor=identity.name, action="configuration_plan", target=gateway, detail=detail)
    return outcome


@router.put("/{gateway}", summary="Change what a gateway shall run")
async def put_configuration(
    gateway: GatewayId,
    change: Annotated[ConfigurationChange, Body()],
    response: Response,
    centre: CentreDep,
    identity: IdentityDep,
    if_match: IfMatch = "",
) -> ConfigurationDetail:
    """Refused with all faults at once; else signed and sent: the gateway tries it and returns by itself from harm."""
    hand = replace(_hand(identity, change.comment.strip(), if_match), confirm_within_s=change.confirm_within_s)
    try:
        row = await centre.configurations.set(_draft(gateway, change), hand)
    except ConfigurationRefusedError as error:
        raise refused(error) from error
    await _audit(centre, identity, "configuration_set", row)
    return await one_configuration(gateway, centre, response)


@router.post("/{gateway}/restore/{version}", summary="Go back to a former version")
async def restore_configuration(
    gateway: GatewayId,
    version: int,
    why: Annotated[WhyBack, Body()],
    response: Response,
    centre: CentreDep,
    identity: IdentityDep,
    if_match: IfMatch = "",
) -> ConfigurationDetail:
    """The former text comes back under a new number, and is checked as any change is."""
    try:
        row = await centre.configurations.restore(gateway, version, _hand(identity, why.comment, if_match))
    except ConfigurationRefusedError as error:
        raise refused(error) from error
    await _audit(centre, identity, "configuration_restore", row)
    return await one_configuration(gateway, centre, response)


async def standings(centre: Centre, gateways: Sequence[str]) -> list[StandingView]:
    """How these gateways stand."""
    now = centre.clock.now_ms()
    ends = await asyncio.to_thread(lambda: [centre.certificate_ends(each) for each in gateways])
    days = [None if end is None else (end - now) // DAY_MS for end in ends]
    drifts = [centre.configurations.drift(each) for each in gateways]
    return [_standing(*each) for each in zip(gateways, drifts, days, strict=True)]


def version_view(row: ConfigurationRow) -> ConfigurationVersionView:
    """A version without its text, and without what is sealed."""
    secrets = tuple(sorted(secrets_in(row.text)))
    return ConfigurationVersionView(row.version, row.source, row.author, row.at, row.comment, row.rollout, secrets)


def preview_view(preview: Preview) -> PreviewView:
    """What a good text would change."""
    return PreviewView(preview.version, (), preview.changes, preview.lines)


def refused(error: ConfigurationRefusedError) -> ProblemError:
    """Every fault as a problem."""
    first = error.faults[0]
    more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
    faults = [{"file": each.file, "key": each.key, "reason": each.reason, "hint": each.hint} for each in error.faults]
    return ProblemError(422, "configuration_refused", f"{first}{more}", more=faults)


def _standing(gateway: str, drift: Drift, days: int | None) -> StandingView:
    return StandingView(gateway, drift.word, drift.desired, drift.running, drift.source, drift.reason, days)


def _known(centre: Centre, gateway: str) -> None:
    if centre.gateway(gateway) is None:
        raise UnknownThingError(f"There is no gateway {gateway!r}.")


def _draft(gateway: str, wanted: ConfigurationText) -> Draft:
    return Draft(gateway, wanted.text, {name: secret.get_secret_value() for name, secret in wanted.secrets.items()})


def _hand(identity: Identity, comment: str, if_match: str) -> Hand:
    mark = if_match.removeprefix("W/").strip('"')
    if not mark.isdigit():
        raise ProblemError(428, "no_match", "Send the version that you read as If-Match, so that no change gets lost.")
    return Hand(identity.name, comment, int(mark))


async def _audit(centre: Centre, identity: Identity, action: str, row: ConfigurationRow) -> None:
    detail = f"{row.version} {row.comment}".strip()
    await write_audit(centre, actor=identity.name, action=action, target=row.gateway, detail=detail)
