"""The menu above every page: what is always there, and what stands behind "more"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.access.policy import allows, rule_for
from cloud.access.roles import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu. `name`: its word is `nav.<name>`; `also`: addresses of pages that are reached from it."""

    name: str
    address: str
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the page at this path belongs to the entry."""
        if self.address == "/":
            return path == "/"
        return path.startswith((self.address, *self.also))


ALWAYS = (
    Entry("overview", "/"),
    Entry("map", "/map"),
    Entry("alarms", "/alarms", ("/silenced", "/planned-work")),
    Entry("incidents", "/incidents", ("/handover",)),
    Entry("cameras", "/cameras"),
    Entry("disaster", "/disaster"),
    Entry("environment", "/environment"),
    Entry("sectors", "/sectors"),
)
MORE = (
    Entry("devices", "/devices", ("/profiles",)),
    Entry("gateways", "/gateways", ("/commissioning", "/waves", "/dead-letters")),
    Entry("rules", "/rules"),
    Entry("leader", "/leader"),
    Entry("wall", "/wall"),
)


def menu_for(role: Role | None) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """What somebody of this role may open: always in sight, and behind "more"."""
    return tuple(each for each in ALWAYS if _may(each, role)), tuple(each for each in MORE if _may(each, role))


def _may(entry: Entry, role: Role | None) -> bool:
    return role is not None and allows(rule_for("GET", entry.address), role)
