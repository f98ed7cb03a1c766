"""The agent, as far as it is configured: what it is, how it does, and how it becomes another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from edge_agent.configuring.trial import Evidence
from edge_agent.outbox.base import Bounds
from edge_agent.planning import Plan


@dataclass(frozen=True, slots=True)
class Seen:
    """What the agent knows of itself. `receipts` counts from when its uplink was made."""

    link_up: bool = False
    receipts: int = 0
    nothing_waits: bool = False
    answers: Mapping[str, bool] = field(default_factory=dict)


class Subject(Protocol):
    """The agent."""

    @property
    def plan(self) -> Plan:
        """What it is now."""

    def seen(self) -> Seen:
        """How it does."""

    async def become(self, plan: Plan, *, bounds: Bounds | None = None) -> bool:
        """Makes it this, live; True when its uplink was made anew. FileFaultsError before anything is touched."""

    def introduce(self) -> bool:
        """Tells the centre what it is."""

    async def keep(self, bounds: Bounds) -> None:
        """The outbox keeps so much from now on."""


@dataclass(slots=True)
class Watch:
    """What a trial is judged by and what is not on disk: it begins anew with the program."""

    began: float
    receipts: int = 0
    link_anew: bool = True
    centre_said: bool = False
    missing: str = ""

    def evidence(self, seen: Seen) -> Evidence:
        """A receipt proves the way to the centre, and so does what it signed.

        A way that was not touched is believed when nothing waits for a receipt; without devices nothing ever does.
        """
        is_idle = seen.nothing_waits and (not self.link_anew or not seen.answers)
        heard = self.centre_said or seen.receipts > self.receipts or is_idle
        return Evidence(seen.link_up, heard, seen.answers)
