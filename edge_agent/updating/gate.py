"""Whether a version on trial has proved itself: it stays up, is linked, and what answered answers again; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from edge_agent.updating.record import Update

Verdict = Literal["wait", "healthy", "failed"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the running program sees. `devices`: each configured device, and whether it answers."""

    link: bool = False
    devices: Mapping[str, bool] = field(default_factory=dict)

    @property
    def answering(self) -> tuple[str, ...]:
        """The devices that answer, in order."""
        return tuple(sorted(device for device, answers in self.devices.items() if answers))


@dataclass(frozen=True, slots=True)
class Gate:
    """One trial: when it began, and since when nothing has been missing (monotonic seconds)."""

    began: float
    whole_since: float | None = None


def missing(update: Update, seen: Seen) -> str:
    """What was there before the switch and is not yet back; "" when nothing is. A removed device is not missed."""
    if update.baseline_link and not seen.link:
        return "the link to the centre is not back"
    silent = [device for device in update.baseline_devices if not seen.devices.get(device, True)]
    return f"no answer any more: {', '.join(silent)}" if silent else ""


def judge(gate: Gate, lacks: str, *, now: float, within_s: float, steady_s: float) -> tuple[Gate, Verdict]:
    """The trial after one look: healthy once nothing has been missing for `steady_s`, failed after `within_s`."""
    if lacks:
        return replace(gate, whole_since=None), "failed" if now - gate.began >= within_s else "wait"
    since = now if gate.whole_since is None else gate.whole_since
    return replace(gate, whole_since=since), "healthy" if now - since >= steady_s else "wait"
