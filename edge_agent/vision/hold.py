"""Keeps a finding steady: it must last a while before it counts, and so must the opposite before it ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """What holds now (None: unknown), and what the frames say instead since when."""

    value: bool | None = None
    other: bool | None = None
    since: float = 0.0


def step(state: Held, found: bool | None, at: float, hold_s: float) -> Held:
    """The state after one more finding; what cannot be told is unknown at once, never the last answer."""
    if found is None or found == state.value:
        return Held(found)
    since = state.since if found == state.other else at
    return Held(found) if at - since >= hold_s else Held(state.value, found, since)
