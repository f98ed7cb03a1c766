"""The life cycle of an alarm after ISA-18.2, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from cloud.errors import CloudError


class AlarmState(StrEnum):
    """Where an alarm stands."""

    NORMAL = "normal"
    UNACKED = "unacked"
    ACKED = "acked"
    RETURNED_UNACKED = "returned_unacked"
    LATCHED_UNACKED = "latched_unacked"  # the value has returned, but the alarm stays: see `latch` of a rule
    LATCHED = "latched"  # and somebody has acknowledged it


class Trigger(StrEnum):
    """What can happen to an alarm."""

    RAISE = "raise"
    ESCALATE = "escalate"
    EASE = "ease"
    CLEAR = "clear"
    ACKNOWLEDGE = "acknowledge"
    LATCH = "latch"  # the value of a rule that latches has returned
    RESET = "reset"


class AlarmError(CloudError):
    """The alarm cannot do this where it stands; nothing has changed."""


LATCHED = (AlarmState.LATCHED_UNACKED, AlarmState.LATCHED)
S, T = AlarmState, Trigger
TABLE: Mapping[tuple[AlarmState, Trigger], AlarmState] = MappingProxyType(
    {
        (S.NORMAL, T.RAISE): S.UNACKED,
        (S.UNACKED, T.ESCALATE): S.UNACKED,
        (S.UNACKED, T.EASE): S.UNACKED,
        (S.UNACKED, T.ACKNOWLEDGE): S.ACKED,
        (S.UNACKED, T.CLEAR): S.RETURNED_UNACKED,
        (S.ACKED, T.ESCALATE): S.UNACKED,  # worse than what somebody has seen: it must be seen again
        (S.ACKED, T.EASE): S.ACKED,
        (S.ACKED, T.CLEAR): S.NORMAL,
        (S.RETURNED_UNACKED, T.RAISE): S.UNACKED,  # the same problem again, the same alarm
        (S.RETURNED_UNACKED, T.ACKNOWLEDGE): S.NORMAL,
        (S.UNACKED, T.LATCH): S.LATCHED_UNACKED,
        (S.ACKED, T.LATCH): S.LATCHED,
        (S.LATCHED_UNACKED, T.ACKNOWLEDGE): S.LATCHED,
        (S.LATCHED_UNACKED, T.RAISE): S.UNACKED,
        (S.LATCHED, T.RAISE): S.UNACKED,  # it must be seen again
        (S.LATCHED, T.RESET): S.NORMAL,  # nobody resets what nobody has acknowledged
    }
)


def after(state: str, trigger: Trigger) -> AlarmState:
    """The state behind a trigger; AlarmError for a pair that the table does not have."""
    found = TABLE.get((AlarmState(state), trigger))
    if found is None:
        raise AlarmError(f"an alarm that is {state} cannot {trigger}")
    return found


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    arrows = (f"    {state} --> {then}: {trigger}" for (state, trigger), then in TABLE.items())
    return "\n".join(("stateDiagram-v2", f"    [*] --> {S.NORMAL}", *arrows)) + "\n"
