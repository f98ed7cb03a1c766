"""What the centre may ask of any gateway, whatever its devices are: the verbs of remote help, and which need two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ITSELF = "@gateway"  # the device of a command that is for the gateway itself; no device id can read like this
MOST_LINES = 200
LONGEST_ANSWER = 192 * 1024  # characters of a result's detail: it travels packed, and must fit one message


@dataclass(frozen=True, slots=True)
class HelpVerb:
    """One thing that a gateway does for somebody far away. All arguments are optional unless `needs` names them.

    `dangerous`: one person asks for it and another one confirms, because somebody may be hurt by it, or the site lost.
    """

    verb: str
    of: Literal["device", "gateway"]
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    dangerous: bool = False
    within_s: float = 15.0


_ALL = (
    HelpVerb("read_now", "device", within_s=35.0),
    HelpVerb("snapshot", "device"),
    HelpVerb("ping_device", "device"),
    HelpVerb("restart_connector", "device", dangerous=True),
    HelpVerb("status", "gateway"),
    HelpVerb("log_tail", "gateway", arguments=("lines", "contains")),
    HelpVerb("configuration", "gateway"),
    HelpVerb("plan", "gateway", arguments=("configuration",), needs=("configuration",)),
    HelpVerb("confirm", "gateway"),
    HelpVerb("rollback", "gateway", within_s=35.0),
)
VERBS: Mapping[str, HelpVerb] = MappingProxyType({each.verb: each for each in _ALL})


def is_for_gateway(device: str) -> bool:
    """Whether a command is for the gateway itself; `""` says the same as `@gateway`."""
    return device in ("", ITSELF)


def help_verb(device: str, verb: str) -> HelpVerb | None:
    """The verb of remote help that is meant; None when it is something of the device's own profile, or nothing."""
    found = VERBS.get(verb)
    wanted = "gateway" if is_for_gateway(device) else "device"
    return found if found is not None and found.of == wanted else None


def argument_fault(verb: HelpVerb, given: Iterable[str]) -> str:
    """What is wrong with the names of the arguments; empty when nothing is."""
    names = set(given)
    if names <= set(verb.arguments) and names >= set(verb.needs):
        return ""
    return f"{verb.verb} takes: {', '.join(verb.arguments) or 'no arguments'}"
