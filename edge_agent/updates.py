"""Wires updates to the running agent: what it sees, where releases come from, which version the centre wants."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import release_key
from edge_agent.app import Agent
from edge_agent.birth import agent_version
from edge_agent.control.protocol import ControlError, Verb
from edge_agent.outbox.sqlite import SCHEMA_VERSION
from edge_agent.updating.config import UpdateConfig
from edge_agent.updating.download import Terms
from edge_agent.updating.gate import Seen
from edge_agent.updating.launch import ROOT_VARIABLE
from edge_agent.updating.machine import Box
from edge_agent.updating.record import FOLDER
from edge_agent.updating.sources import CentreSource, FolderSource, Member
from edge_agent.updating.standing import status_on_disk
from edge_agent.updating.updater import Updater

log = logging.getLogger(__name__)

LOOK_PERIOD_S = 10.0


@dataclass(frozen=True, slots=True)
class Updates:
    """The control verb `update`, and what runs behind it for as long as the program does."""

    verb: Verb
    run: Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Around:
    """What updates have to do with. `wanted`: the version that the centre wants; "" = none."""

    data_dir: Path
    member: Callable[[], Member | None]
    wanted: Callable[[], str]


def updates_for(agent: Agent, around: Around, *, environment: Mapping[str, str] | None = None) -> Updates:
    """Updates, if the launcher started this program; else nothing could replace it."""
    config, folder = agent.plan.config.updates, around.data_dir / FOLDER
    root = (os.environ if environment is None else environment).get(ROOT_VARIABLE, "")
    if not root:
        return _without(folder, "this program was not started by thacba-launch, so nothing could replace it")
    centre = CentreSource(around.member)
    box = Box(
        root=Path(root),
        updates=folder,
        terms=Terms(_key(config), agent_version(), outbox=SCHEMA_VERSION, max_bytes=config.max_bytes),
        clock=agent.clock,
        seen=lambda: _seen(agent),
        source=lambda origin: FolderSource(Path(origin)) if origin else centre,
        gate_s=config.gate_s,
        steady_s=config.steady_s,
        bytes_per_s=config.bytes_per_s,
    )
    updater = Updater(box, restart=agent.stop)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(updater.run())
            before = ""
            while True:
                if (wanted := around.wanted()) != before:
                    updater.want(wanted)
                    before = wanted
                await agent.clock.sleep(LOOK_PERIOD_S)

    return Updates(updater.verb, run)


def _key(config: UpdateConfig) -> Ed25519PublicKey | None:
    """A key that cannot be read stops no version from proving itself, only new ones from coming."""
    try:
        text = config.key_text()
        return release_key(text) if text else None
    except (WireError, OSError) as error:
        log.error("release key cannot be read", extra={"error": str(error)})  # noqa: TRY400 -- the reason is all
        return None


def _seen(agent: Agent) -> Seen:
    """The way to the centre is believed when a receipt came over it, or when there is nothing to have one for."""
    seen = agent.seen()
    return Seen(seen.link_up and (seen.receipts > 0 or seen.nothing_waits), seen.answers)


def _without(folder: Path, why: str) -> Updates:
    async def verb(arguments: Mapping[str, object]) -> Mapping[str, object]:
        if arguments.get("action", "status") == "status":
            return {**status_on_disk(folder), "running": agent_version(), "agent": "here", "off": why}
        raise ControlError("update", why, "install the package, and name the key that signs releases")

    async def run() -> None:
        await asyncio.Event().wait()

    return Updates(verb, run)
