"""The five steps of a visit, and which of them are done; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge_agent.page.signs import number_in, text_in

if TYPE_CHECKING:
    from edge_agent.page.cabinet import Glance

STEPS: Final = ("join", "devices", "values", "checks", "finish")


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the head of the page shows it."""

    number: int
    key: str
    done: bool

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/{self.key}"


def steps_of(glance: Glance) -> Sequence[Step]:
    """Every step in its order."""
    devices = glance.devices
    answering = bool(devices) and all(number_in(each, "read_at") and not text_in(each, "fault") for each in devices)
    visit = glance.visit
    done = {
        "join": glance.joined,
        "devices": bool(devices),
        "values": answering,
        "checks": glance.answers > 0,
        "finish": visit is not None and visit.state != "draft",
    }
    return [Step(number, key, done[key]) for number, key in enumerate(STEPS, start=1)]


def next_of(glance: Glance) -> Step | None:
    """The first step that is not done; None when all are."""
    return next((step for step in steps_of(glance) if not step.done), None)
