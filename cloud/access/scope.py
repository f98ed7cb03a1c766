"""How far somebody sees: the whole province, or some of its areas; pure.

```
 policy.py: may this role use this route?  ──▶  scope.py: may somebody of some areas only?  ──▶  what is handed out
                                               common, listed, looked up, or for the whole province alone
```
What does not stand in REACH is for people of the whole province.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Reach(Enum):
    """What a route hands to somebody of some areas only."""

    COMMON = "common"  # the same for everybody; no thing of an area is in it
    LISTED = "listed"  # what lies in the areas, and nothing else
    LOOKED_UP = "looked_up"  # one thing, when it lies in the areas; else there is no such thing


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas that somebody sees; None = every one."""

    areas: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole province."""
        return self.areas is None

    def sees(self, area: str) -> bool:
        """Whether a thing of this area is in sight; what lies in no area is the whole province's."""
        return self.areas is None or area in self.areas


WHOLE: Final = Scope()
SEPARATOR: Final = " "  # no area has one in its name


def scope_of(areas: str) -> Scope:
    """The scope as a user's row keeps it; empty = the whole province."""
    return Scope(frozenset(areas.split(SEPARATOR))) if areas.strip() else WHOLE


def kept(areas: Iterable[str]) -> str:
    """The same the other way round."""
    return SEPARATOR.join(sorted(set(areas)))


def reach_of(method: str, path: str) -> Reach | None:
    """What the route hands to somebody of some areas only; None = nothing, it is for the whole province."""
    return REACH.get((method, path))


_C: Final = Reach.COMMON
_L: Final = Reach.LISTED
_U: Final = Reach.LOOKED_UP

REACH: Final[dict[tuple[str, str], Reach]] = {
    ("POST", "/api/v1/session"): _C,
    ("DELETE", "/api/v1/session"): _C,
    ("GET", "/login"): _C,
    ("GET", "/preferences"): _C,
    ("GET", "/healthz"): _C,
    ("GET", "/api/v1/me"): _C,
    ("GET", "/api/v1/openapi.json"): _C,
    ("GET", "/api/v1/profiles"): _L,  # counts devices
    ("GET", "/api/v1/profiles/{profile}"): _L,
    ("GET", "/profiles"): _L,
    ("GET", "/profiles/{profile}"): _L,
    ("GET", "/api/v1/rules"): _C,
    ("GET", "/api/v1/rules/{rule}"): _C,
    ("GET", "/api/v1/rules/{rule}/versions"): _C,
    ("GET", "/api/v1/rules/{rule}/versions/{revision}"): _C,
    ("GET", "/rules"): _C,
    ("GET", "/api/v1/summary"): _L,
    ("GET", "/api/v1/sites"): _L,
    ("GET", "/api/v1/gateways"): _L,
    ("GET", "/api/v1/devices"): _L,
    ("GET", "/api/v1/alarms"): _L,
    ("GET", "/api/v1/incidents"): _L,
    ("GET", "/api/v1/ledger"): _L,
    ("GET", "/api/v1/live"): _L,
    ("GET", "/api/v1/search"): _L,
    ("GET", "/search"): _L,
    ("GET", "/api/v1/sectors"): _L,
    ("GET", "/api/v1/sectors/{sector}"): _L,
    ("GET", "/api/v1/sectors/{sector}/devices"): _L,
    ("GET", "/sectors"): _L,
    ("GET", "/sectors/{sector}"): _L,
    ("GET", "/api/v1/map"): _L,
    ("GET", "/api/v1/map/land"): _C,
    ("GET", "/api/v1/cameras"): _L,
    ("GET", "/cameras"): _L,
    ("GET", "/wall"): _L,
    ("GET", "/leader"): _L,
    ("POST", "/api/v1/camera-watches"): _L,
    ("DELETE", "/api/v1/camera-watches/{watch}"): _L,
    ("GET", "/api/v1/camera-watches/{watch}/pictures/{gateway}/{device}"): _U,
    ("GET", "/disaster/evacuations/{evacuation}"): _U,
    ("GET", "/environment"): _L,
    ("GET", "/disaster"): _L,
    ("GET", "/api/v1/disaster/bulletins"): _C,
    ("GET", "/api/v1/disaster/evacuations"): _L,
    ("GET", "/api/v1/disaster/evacuations/{evacuation}"): _U,
    ("GET", "/"): _L,
    ("GET", "/map"): _L,
    ("GET", "/devices"): _L,
    ("GET", "/alarms"): _L,
    ("GET", "/incidents"): _L,
    ("GET", "/gateways"): _L,
    ("GET", "/api/v1/gateways/{gateway}"): _U,
    ("GET", "/api/v1/devices/{gateway}/{device}"): _U,
    ("GET", "/api/v1/devices/{gateway}/{device}/gaps"): _U,
    ("GET", "/devices/{gateway}/{device}"): _U,
    ("GET", "/api/v1/series"): _U,
    ("GET", "/api/v1/alarms/{alarm}"): _U,
    ("GET", "/api/v1/alarms/{alarm}/history"): _U,
    ("GET", "/api/v1/alarms/{alarm}/explain"): _U,
    ("POST", "/api/v1/alarms/{alarm}/acknowledge"): _U,
    ("POST", "/api/v1/alarms/{alarm}/comment"): _U,
    ("POST", "/api/v1/alarms/{alarm}/reset"): _U,
    ("POST", "/api/v1/alarms/{alarm}/assign"): _U,
    ("POST", "/api/v1/alarms/{alarm}/shelve"): _U,
    ("POST", "/api/v1/alarms/{alarm}/unshelve"): _U,
    ("GET", "/alarms/{alarm}"): _U,
    ("POST", "/api/v1/incidents"): _U,
    ("GET", "/api/v1/incidents/{incident}"): _U,
    ("POST", "/api/v1/incidents/{incident}/move"): _U,
    ("POST", "/api/v1/incidents/{incident}/comment"): _U,
    ("POST", "/api/v1/incidents/{incident}/alarms"): _U,
    ("POST", "/api/v1/incidents/{incident}/merge"): _U,
    ("GET", "/api/v1/incidents/{incident}/attachments"): _U,
    ("POST", "/api/v1/incidents/{incident}/attachments"): _U,
    ("GET", "/api/v1/incidents/{incident}/attachments/{number}"): _U,
    ("DELETE", "/api/v1/incidents/{incident}/attachments/{number}"): _U,
    ("GET", "/incidents/{incident}"): _U,
    ("POST", "/api/v1/disaster/bulletins"): _L,  # refused for areas out of sight, and for the whole province
    ("POST", "/api/v1/disaster/bulletins/{bulletin}/withdraw"): _U,
    ("POST", "/api/v1/disaster/evacuations"): _L,
    ("POST", "/api/v1/disaster/evacuations/{evacuation}/tick"): _U,
    ("POST", "/api/v1/disaster/evacuations/{evacuation}/close"): _U,
    ("GET", "/gateways/{gateway}"): _U,
    ("GET", "/rules/{rule}"): _C,
}
