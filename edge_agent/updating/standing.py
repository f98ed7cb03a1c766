"""What people are told of an update, by the program or, when it is away, from its record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge_agent.updating.record import Update, read_update


def status_of(update: Update, *, running: str, progress: Mapping[str, int] | None = None) -> Mapping[str, object]:
    """What people are told of an update."""
    return {
        "running": running,
        "good": update.good,
        "previous": update.previous,
        "phase": update.phase.value,
        "version": update.version,
        "reason": update.reason,
        "failed": dict(update.failed),
        "progress": dict(progress or {}),
    }


def status_on_disk(updates: Path) -> Mapping[str, object]:
    """The same without the program, from its record; RecordError when there is none to read."""
    return {**status_of(read_update(updates), running=""), "agent": "away"}
