"""The visit that is being made: the newest draft, kept in step with the devices that are configured."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from device_profiles.load import Catalogue
from device_profiles.wire.commissioning import CommissioningRecord
from edge_agent.commissioning import steps
from edge_agent.commissioning.desk import Desk, Opening, Step
from edge_agent.commissioning.steps import Model, Seen
from edge_agent.page.cabinet import Cabinet, Glance, look, points_of
from edge_agent.page.devices import connection_of
from edge_agent.page.offers import address_of
from edge_agent.page.rows import model_of, seen_of
from edge_agent.page.signs import Document, part, text_in
from edge_agent.page.site_changes import configured


@dataclass(frozen=True, slots=True)
class Installed:
    """One configured device as a record wants it."""

    id: str
    model: Model
    address: str
    seen: Mapping[str, Seen]


async def draft_of(cabinet: Cabinet) -> CommissioningRecord | None:
    """The visit that is open; None when there is none."""

    def find() -> CommissioningRecord | None:
        open_ = next((visit for visit in cabinet.desk.visits() if visit.state == "draft"), None)
        return cabinet.desk.record(open_.id) if open_ else None

    return await asyncio.to_thread(find)


async def visit_in_step(cabinet: Cabinet) -> CommissioningRecord:
    """The open visit, or a new one, with exactly the devices that are configured and their newest values."""
    glance = await look(cabinet, values=True)
    installed = await installed_in(cabinet, glance)
    draft = await draft_of(cabinet)
    return await asyncio.to_thread(_brought_in_step, cabinet.desk, draft, _opening(glance), installed)


async def installed_in(cabinet: Cabinet, glance: Glance) -> list[Installed]:
    """The configured devices whose model is known."""
    in_use = await configured(cabinet)
    found = (_installed(cabinet.catalogue, glance, device) for device in in_use)
    return [each for each in found if each is not None]


async def changed(cabinet: Cabinet, draft: str, step: Step) -> CommissioningRecord:
    """Takes a step; on disk when it returns."""
    return await asyncio.to_thread(cabinet.desk.change, draft, step)


def _installed(catalogue: Catalogue, glance: Glance, device: Document) -> Installed | None:
    profile = catalogue.profiles.get(text_in(device, "profile"))
    if profile is None:
        return None
    name = text_in(device, "id")
    model = model_of(profile, catalogue.hash_of(profile.profile), device)
    seen = {key: seen_of(point) for key, point in points_of(glance.values, name).items()}
    return Installed(name, model, address_of(connection_of(device)), seen)


def _opening(glance: Glance) -> Opening:
    identity, status = glance.identity, glance.status or {}
    doubtful = text_in(status, "clock") == "doubtful" or text_in(part(status, "clock"), "state") == "doubtful"
    return Opening(
        gateway=text_in(identity, "gateway"),
        site=text_in(identity, "site"),
        serial=text_in(identity, "serial"),
        agent=text_in(status, "agent")[:64],
        clock="doubtful" if doubtful else "good",
    )


def _brought_in_step(
    desk: Desk, draft: CommissioningRecord | None, opening: Opening, installed: Sequence[Installed]
) -> CommissioningRecord:
    draft = draft or desk.begin(opening)

    def step(record: CommissioningRecord) -> CommissioningRecord:
        wanted = {each.id for each in installed}
        for gone in [device.device for device in record.devices if device.device not in wanted]:
            record = steps.without_device(record, gone)
        for each in installed:
            there = next((device for device in record.devices if device.device == each.id), None)
            if there is None or (there.profile, there.address) != (each.model.profile.profile, each.address):
                record = steps.with_device(record, each.id, each.model, address=each.address)
            if each.seen:
                record = steps.measured(record, each.id, each.model, each.seen)
        return record

    return desk.change(draft.id, step)
