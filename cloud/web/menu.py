"""The menu above every page: what is always there, and what stands behind "more"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.access.policy import allows, rule_for
from cloud.access.roles import Role
from cloud.access.scope import WHOLE, Reach, Scope, reach_of


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
    Entry("admin", "/admin"),
    Entry("leader", "/leader"),
    Entry("reports", "/reports"),
    Entry("wall", "/wall"),
)


def menu_for(role: Role | None, scope: Scope = WHOLE) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """What somebody of this role and these areas may open: always in sight, and behind "more"."""

    def may(entry: Entry) -> bool:
        if role is None or not allows(rule_for("GET", entry.address), role):
            return False
        return scope.is_whole or reach_of("GET", entry.address) is not Reach.PROVINCE

    return tuple(filter(may, ALWAYS)), tuple(filter(may, MORE))
