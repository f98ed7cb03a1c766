"""A reading as the agent judges it: a value or a reason why there is none, and how far it may be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge_agent.connector import Scalar

NOT_IN_A_CODE = re.compile(r"[^a-z0-9_.:-]+")
CODE_LENGTH = 40  # as the wire contract allows


@dataclass(frozen=True, slots=True)
class Reading:
    """One point at one time; `quality` is empty when good, `uncertain:<reason>`, or `bad:<reason>` without value."""

    point: str
    value: Scalar | None
    observed_at: int
    quality: str = ""

    @property
    def is_bad(self) -> bool:
        """True when there is no value to use."""
        return self.value is None


def bad(point: str, reason: str, observed_at: int) -> Reading:
    """A reading without value; the reason is brought into the form that the wire allows."""
    return Reading(point, None, observed_at, f"bad:{_code(reason)}")


def uncertain(reason: str) -> str:
    """The quality of a value that is there and doubted for this reason."""
    return f"uncertain:{_code(reason)}"


def _code(reason: str) -> str:
    return NOT_IN_A_CODE.sub("_", reason.lower())[:CODE_LENGTH] or "device"
