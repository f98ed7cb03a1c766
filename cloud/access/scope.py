"""How far somebody sees: the whole province, or some of its areas, or some sectors of it; pure.

```
 policy.py: may this role use this route?  ──▶  scope.py: may somebody who sees a part? ──▶  what is handed out
                                               common, listed, looked up, or for the whole province alone
```
What does not stand in REACH is for people of the whole province, too; a test asks for a line for every route.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from device_profiles.schema import Sector


class Reach(Enum):
    """What a route hands to somebody who sees some areas or sectors only."""

    COMMON = "common"  # the same for everybody; no thing of an area or a sector is in it
    LISTED = "listed"  # what is in sight, and nothing else
    LOOKED_UP = "looked_up"  # one thing, when it is in sight; else there is no such thing
    PROVINCE = "province"  # nothing: it is for people of the whole province


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas and the sectors that somebody sees; None = every one. Only what lies in both is in sight."""

    areas: frozenset[str] | None = None
    sectors: frozenset[Sector] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole province."""
        return self.areas is None and self.sectors is None

    def sees(self, area: str) -> bool:
        """Whether a thing of this area is in sight; what lies in no area is the whole province's."""
        return self.areas is None or area in self.areas

    def cares_for(self, sector: Sector) -> bool:
        """Whether things of this sector are in sight."""
        return self.sectors is None or sector in self.sectors


WHOLE: Final = Scope()
SEPARATOR: Final = " "  # no area and no sector has one in its name


def scope_of(areas: str, sectors: str = "") -> Scope:
    """The scope as a user's row keeps it; empty = every area, every sector."""
    here = frozenset(areas.split()) if areas.strip() else None
    return Scope(here, frozenset(map(Sector, sectors.split())) if sectors.strip() else None)


def kept(names: Iterable[str]) -> str:
    """Areas or sectors, the other way round."""
    return SEPARATOR.join(sorted(set(names)))


def bounds_of(areas: str, sectors: str) -> str:
    """Both, for the audit log; empty = the whole province."""
    return " ".join(filter(None, (areas, f"sectors {sectors}" if sectors else "")))


def reach_of(method: str, path: str) -> Reach:
    """What the route hands to somebody of some areas only."""
    return REACH.get((method, path), Reach.PROVINCE)


_C: Final = Reach.COMMON
_L: Final = Reach.LISTED
_U: Final = Reach.LOOKED_UP
_P: Final = Reach.PROVINCE

REACH: Final[dict[tuple[str, str], Reach]] = {
    ("POST", "/api/v1/session"): _C,
    ("DELETE", "/api/v1/session"): _C,
    ("GET", "/login"): _C,
    ("GET", "/login/sso"): _C,
    ("GET", "/login/sso/callback"): _C,
    ("GET", "/login/sso/left"): _C,
    ("GET", "/preferences"): _C,
    ("GET", "/healthz"): _C,
    ("GET", "/api/v1/me"): _C,
    ("GET", "/account"): _C,
    ("GET", "/api/v1/passkeys"): _C,
    ("POST", "/api/v1/passkeys/question"): _C,
    ("POST", "/api/v1/passkeys"): _C,
    ("POST", "/api/v1/passkeys/{passkey}/remove"): _C,
    ("GET", "/api/v1/openapi.json"): _C,
    ("GET", "/api/v1/profiles"): _L,  # counts devices
    ("GET", "/api/v1/profiles/{profile}"): _L,
    ("GET", "/profiles"): _L,
    ("GET", "/profiles/{profile}"): _L,
    ("GET", "/api/v1/rules"): _C,
    ("GET", "/api/v1/rules/{rule}"): _C,
    ("GET", "/api/v1/rules/{rule}/versions"): _C,
    ("GET", "/api/v1/rule-proposals"): _C,
    ("GET", "/api/v1/rules/{rule}/proposal"): _C,
    ("GET", "/rules/{rule}/proposal"): _C,
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
    ("GET", "/api/v1/map/tiles"): _C,
    ("GET", "/api/v1/map/tiles/{zoom}/{column}/{row}"): _C,
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
    ("GET", "/api/v1/disaster/bulletins"): _L,
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
    ("GET", "/api/v1/chronicle"): _L,
    ("GET", "/api/v1/shelves"): _L,
    ("POST", "/api/v1/alarms/bulk"): _L,
    ("GET", "/api/v1/planned-work"): _L,
    ("GET", "/api/v1/alarms/silenced"): _L,
    ("GET", "/api/v1/commissioning"): _L,
    ("GET", "/commissioning"): _L,
    ("GET", "/api/v1/dead-letters"): _L,
    ("GET", "/dead-letters"): _L,
    ("GET", "/planned-work"): _L,
    ("GET", "/silenced"): _L,
    ("GET", "/api/v1/survey-answers"): _L,
    ("GET", "/api/v1/incidents/{incident}/citizen-report"): _U,
    ("GET", "/incidents/{incident}/citizen-report"): _U,
    ("GET", "/api/v1/commissioning/{record}"): _U,
    ("GET", "/api/v1/commissioning/{record}/files/{sha256}"): _U,
    ("GET", "/api/v1/commissioning/{record}/pdf"): _U,
    ("GET", "/commissioning/{record}"): _U,
    ("GET", "/api/v1/dead-letters/{letter}"): _U,
    ("POST", "/api/v1/dead-letters/{letter}/retry"): _U,
    ("POST", "/api/v1/dead-letters/{letter}/discard"): _U,
    # For people of the whole province: what goes through the fleet, is everybody's, or watches people.
    ("GET", "/api/v1/points"): _P,
    ("GET", "/api/v1/exports"): _P,
    ("GET", "/reports"): _P,
    ("GET", "/reports/{month}"): _P,
    ("GET", "/api/v1/reports"): _P,
    ("GET", "/api/v1/reports/next"): _P,
    ("GET", "/api/v1/reports/{month}"): _P,
    ("GET", "/api/v1/reports/{month}/pdf"): _P,
    ("GET", "/api/v1/reports/{month}/csv"): _P,
    ("POST", "/api/v1/exports"): _P,
    ("GET", "/api/v1/exports/{export}"): _P,
    ("GET", "/api/v1/exports/{export}/content"): _P,
    ("GET", "/api/v1/configurations"): _P,
    ("GET", "/api/v1/waves"): _P,
    ("GET", "/waves"): _P,
    ("GET", "/waves/{wave}"): _P,
    ("GET", "/api/v1/waves/{wave}"): _P,
    ("GET", "/metrics"): _P,
    ("GET", "/api/v1/exercise"): _P,
    ("GET", "/exercise"): _P,
    ("POST", "/api/v1/incidents/handover"): _P,
    ("GET", "/api/v1/incidents/handover"): _P,
    ("GET", "/api/v1/notices"): _P,
    ("POST", "/api/v1/notices/{key}/called"): _P,
    ("GET", "/handover"): _P,
    ("POST", "/api/v1/planned-work"): _P,
    ("DELETE", "/api/v1/planned-work/{work}"): _P,
    ("GET", "/api/v1/enrolment/gateways"): _P,
    ("GET", "/api/v1/gateways/{gateway}/enrolment"): _P,
    ("POST", "/api/v1/gateways"): _P,
    ("POST", "/api/v1/gateways/{gateway}/label"): _P,
    ("POST", "/api/v1/gateways/{gateway}/replace"): _P,
    ("POST", "/api/v1/gateways/{gateway}/move"): _P,
    ("POST", "/api/v1/gateways/{gateway}/retire"): _P,
    ("POST", "/api/v1/gateways/{gateway}/revoke"): _P,
    ("GET", "/api/v1/security-events"): _P,
    ("POST", "/api/v1/commands"): _P,
    ("GET", "/api/v1/commands/requests"): _P,
    ("POST", "/api/v1/commands/requests/{request}/confirm"): _P,
    ("POST", "/api/v1/commands/requests/{request}/withdraw"): _P,
    ("GET", "/api/v1/configurations/{gateway}"): _P,
    ("PUT", "/api/v1/configurations/{gateway}"): _P,
    ("GET", "/api/v1/configurations/{gateway}/versions"): _P,
    ("GET", "/api/v1/configurations/{gateway}/versions/{version}"): _P,
    ("POST", "/api/v1/configurations/{gateway}/check"): _P,
    ("POST", "/api/v1/configurations/{gateway}/plan"): _P,
    ("POST", "/api/v1/configurations/{gateway}/restore/{version}"): _P,
    ("POST", "/api/v1/waves"): _P,
    ("POST", "/api/v1/waves/{wave}/{trigger}"): _P,
    ("GET", "/api/v1/rejects"): _P,
    ("POST", "/api/v1/rules/check"): _P,
    ("POST", "/api/v1/rules/{rule}/rehearsals"): _P,
    ("PUT", "/api/v1/rules/{rule}"): _P,
    ("DELETE", "/api/v1/rules/{rule}"): _P,
    ("POST", "/api/v1/rules/{rule}/proposal/switch-on"): _P,
    ("DELETE", "/api/v1/rules/{rule}/proposal"): _P,
    ("POST", "/api/v1/rules/{rule}/restore/{version}"): _P,
    ("POST", "/api/v1/exercise/speed"): _P,
    ("POST", "/api/v1/exercise/injections"): _P,
    ("GET", "/api/v1/exercise/verdict"): _P,
    ("GET", "/api/v1/exercise/debrief"): _P,
    ("GET", "/api/v1/exercise/debrief/pdf"): _P,
    ("GET", "/exercise/debrief"): _P,
    ("PUT", "/api/v1/map/land"): _P,
    ("PUT", "/api/v1/map/tiles"): _P,
    ("DELETE", "/api/v1/map/tiles"): _P,
    ("DELETE", "/api/v1/map/land"): _P,
    ("GET", "/admin"): _P,
    ("GET", "/admin/{part}"): _P,
    ("GET", "/api/v1/users"): _P,
    ("POST", "/api/v1/users"): _P,
    ("PATCH", "/api/v1/users/{name}"): _P,
    ("DELETE", "/api/v1/users/{name}/second-factor"): _P,
    ("GET", "/api/v1/sessions"): _P,
    ("DELETE", "/api/v1/sessions/{session}"): _P,
    ("GET", "/api/v1/audit"): _P,
    ("GET", "/api/v1/audit/verify"): _P,
    ("GET", "/api/v1/audit/export"): _P,
}
