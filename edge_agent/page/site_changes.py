"""Changes of the devices that are made at the cabinet: what is configured, and the trial of something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.page.cabinet import Cabinet
from edge_agent.page.signs import Document, items, part, text_in

CONFIRM_WITHIN_S: Final = 300


async def configured(cabinet: Cabinet) -> list[Document]:
    """The devices as the running configuration has them."""
    answer = await cabinet.agent.ask("configuration")
    return items(part(answer, "settings") or answer, "devices")


async def use(cabinet: Cabinet, devices: Sequence[Document], secrets: Mapping[str, str] | None = None) -> Document:
    """Puts these in place of the configured devices; what breaks something is taken back by the agent."""
    settings = {"devices": [dict(each) for each in devices]}
    wish = {"settings": settings, "secrets": dict(secrets or {}), "confirm_within_s": CONFIRM_WITHIN_S}
    return await cabinet.agent.ask("apply", wish)


async def read_now(cabinet: Cabinet, devices: Sequence[str]) -> None:
    """Reads devices at once instead of waiting for their turn, so that their first values are there."""
    for device in devices:
        try:
            await cabinet.agent.ask("read", {"device": device})
        except (ControlError, AgentAwayError):
            continue  # its fault is on the screen of values


def ids_of(devices: Sequence[Document]) -> list[str]:
    """How they are called."""
    return [text_in(each, "id") for each in devices]
