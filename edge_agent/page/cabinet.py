"""What the page works with: the agent behind its socket, the code, the visits, the search and the device models."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from device_profiles.clock import Clock
from device_profiles.load import Catalogue
from edge_agent.commissioning.desk import Desk, Visit
from edge_agent.control.client import ControlClient
from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.discovery.finding import Scope
from edge_agent.page.access import AccessBook
from edge_agent.page.searching import Searching
from edge_agent.page.signs import UPS, Document, Seen, items, part, text_in

RESTART: Final = "page/restart"  # a systemd path unit watches it: the page itself has no right to restart anything


class TypedSecret:
    """The password that was typed last, so that it need not be typed again between reading and using a device."""

    def __init__(self) -> None:
        self._known = ("", "")

    def remembered(self, address: str, secret: str) -> str:
        """The secret for this address: what was typed now, or else what was typed for it before."""
        if secret:
            self._known = (address, secret)
        return self._known[1] if self._known[0] == address else ""


@dataclass(frozen=True, slots=True)
class Cabinet:
    """Everything that a route may use."""

    data_dir: Path
    agent: ControlClient
    access: AccessBook
    desk: Desk
    searching: Searching
    catalogue: Catalogue
    clock: Clock
    typed: TypedSecret = field(default_factory=TypedSecret)
    networks: tuple[str, ...] = ()  # where a search looks; none = the private ones that hang on this gateway
    scope: Scope = field(default_factory=Scope)  # how it looks there


@dataclass(frozen=True, slots=True)
class Glance:
    """What the agent says now; `status` is None when none answers."""

    status: Document | None
    values: Document = field(default_factory=dict)
    visit: Visit | None = None
    answers: int = 0  # of the checklists of the open visit

    @property
    def identity(self) -> Document:
        """Who the gateway is; empty while that is unknown."""
        return part(self.status or {}, "identity")

    @property
    def devices(self) -> list[Document]:
        """The devices that the agent reads."""
        return items(self.status or {}, "devices")

    @property
    def joined(self) -> bool:
        """Whether a centre has taken this box."""
        return text_in(self.identity, "state") in ("member", "expired")

    def name(self, language: str) -> str:
        """What the gateway is called, if anybody said it."""
        return text_in(self.identity, f"name_{language}") or text_in(self.identity, "gateway")


async def look(cabinet: Cabinet, *, values: bool = False) -> Glance:
    """Asks the agent; with `values` for the newest readings too."""
    newest, answers = await asyncio.to_thread(_newest_visit, cabinet.desk)
    try:
        status = await cabinet.agent.ask("status")
        return Glance(status, await cabinet.agent.ask("values") if values else {}, newest, answers)
    except (AgentAwayError, ControlError):
        return Glance(None, {}, newest, answers)


def seen_in(glance: Glance, cabinet: Cabinet) -> Seen:
    """What the signs are made of."""
    free = shutil.disk_usage(cabinet.data_dir).free
    return Seen(glance.status, _ups_values(glance), free, cabinet.clock.now_ms())


def points_of(values: Document, device: str) -> Mapping[str, Document]:
    """The newest values of a device, by point."""
    found = next((each for each in items(values, "devices") if text_in(each, "id") == device), {})
    return {text_in(point, "point"): point for point in items(found, "points")}


def _newest_visit(desk: Desk) -> tuple[Visit | None, int]:
    visits = desk.visits()
    if not visits:
        return None, 0
    record = desk.record(visits[0].id)
    return visits[0], len(record.checklist) + sum(len(device.checklist) for device in record.devices)


def _ups_values(glance: Glance) -> Document:
    ups = next((text_in(each, "id") for each in glance.devices if text_in(each, "profile") == UPS), "")
    return {key: point.get("value") for key, point in points_of(glance.values, ups).items()}
