"""The one policy table: who may use which route. What does not stand here is refused, also to administrators."""

from __future__ import annotations

from enum import Enum
from typing import Final

from cloud.access.roles import Role


class Open(Enum):
    """The mark of the few routes that need no log-in."""

    EVERYONE = "everyone"


Rule = Role | Open
_V: Final = Role.VIEWER
_O: Final = Role.OPERATOR
_E: Final = Role.ENGINEER
_A: Final = Role.ADMIN

POLICY: Final[dict[tuple[str, str], Rule]] = {
    # What a stranger needs to become known, and what tells a load balancer that we live.
    ("POST", "/api/v1/session"): Open.EVERYONE,
    ("GET", "/login"): Open.EVERYONE,
    ("GET", "/preferences"): Open.EVERYONE,
    ("GET", "/healthz"): Open.EVERYONE,
    # What a gateway brings: a code, or its signature, which the route itself checks.
    ("POST", "/api/v1/enrolment/join"): Open.EVERYONE,
    ("GET", "/.well-known/est/cacerts"): Open.EVERYONE,
    ("POST", "/.well-known/est/simpleenroll"): Open.EVERYONE,
    ("POST", "/.well-known/est/simplereenroll"): Open.EVERYONE,
    ("POST", "/api/v1/commissioning"): Open.EVERYONE,
    ("PUT", "/api/v1/commissioning/{record}/files/{sha256}"): Open.EVERYONE,
    ("GET", "/api/v1/releases"): Open.EVERYONE,
    ("GET", "/api/v1/releases/{version}/manifest"): Open.EVERYONE,
    ("GET", "/api/v1/releases/{version}/files/{name}"): Open.EVERYONE,
    # The public door; it is closed unless `[citizen]` opens it, and it counts who comes too often.
    ("GET", "/public"): Open.EVERYONE,
    ("GET", "/public/report"): Open.EVERYONE,
    ("GET", "/public/report/{reference}"): Open.EVERYONE,
    ("GET", "/public/survey/{site}"): Open.EVERYONE,
    ("GET", "/api/v1/public"): Open.EVERYONE,
    ("GET", "/api/v1/public/reports/{reference}"): Open.EVERYONE,
    ("POST", "/api/v1/public/reports"): Open.EVERYONE,
    ("PUT", "/api/v1/public/reports/{reference}/photo"): Open.EVERYONE,
    ("POST", "/api/v1/public/answers"): Open.EVERYONE,
    ("GET", "/api/v1/survey-answers"): _V,
    ("GET", "/api/v1/incidents/{incident}/citizen-report"): _O,
    ("GET", "/incidents/{incident}/citizen-report"): _O,
    # Reading.
    ("DELETE", "/api/v1/session"): _V,
    ("GET", "/api/v1/me"): _V,
    ("GET", "/api/v1/openapi.json"): _V,
    ("GET", "/api/v1/summary"): _V,
    ("GET", "/api/v1/sites"): _V,
    ("GET", "/api/v1/gateways"): _V,
    ("GET", "/api/v1/gateways/{gateway}"): _V,
    ("GET", "/api/v1/devices"): _V,
    ("GET", "/api/v1/devices/{gateway}/{device}"): _V,
    ("GET", "/api/v1/devices/{gateway}/{device}/gaps"): _V,
    ("GET", "/api/v1/series"): _V,
    ("GET", "/api/v1/points"): _V,
    ("GET", "/api/v1/exports"): _V,
    ("POST", "/api/v1/exports"): _V,
    ("GET", "/api/v1/exports/{export}"): _V,
    ("GET", "/api/v1/exports/{export}/content"): _V,
    ("GET", "/api/v1/alarms"): _V,
    ("GET", "/api/v1/alarms/{alarm}"): _V,
    ("GET", "/api/v1/alarms/{alarm}/history"): _V,
    ("GET", "/api/v1/alarms/{alarm}/explain"): _V,
    ("GET", "/api/v1/chronicle"): _V,
    ("GET", "/api/v1/incidents"): _V,
    ("GET", "/api/v1/incidents/{incident}"): _V,
    ("GET", "/api/v1/shelves"): _V,
    ("GET", "/api/v1/profiles"): _V,
    ("GET", "/api/v1/profiles/{profile}"): _V,
    ("GET", "/api/v1/rules"): _V,
    ("GET", "/api/v1/rules/{rule}"): _V,
    ("GET", "/api/v1/rules/{rule}/versions"): _V,
    ("GET", "/api/v1/rule-proposals"): _V,
    ("GET", "/api/v1/rules/{rule}/proposal"): _V,
    ("GET", "/rules/{rule}/proposal"): _V,
    ("GET", "/api/v1/rules/{rule}/versions/{revision}"): _V,
    ("GET", "/api/v1/configurations"): _V,
    ("GET", "/api/v1/waves"): _V,
    ("GET", "/api/v1/disaster/bulletins"): _V,
    ("GET", "/api/v1/disaster/evacuations"): _V,
    ("GET", "/api/v1/disaster/evacuations/{evacuation}"): _V,
    ("GET", "/gateways/{gateway}"): _V,
    ("GET", "/waves"): _V,
    ("GET", "/waves/{wave}"): _V,
    ("GET", "/map"): _V,
    ("GET", "/api/v1/sectors"): _V,
    ("GET", "/api/v1/sectors/{sector}"): _V,
    ("GET", "/api/v1/sectors/{sector}/devices"): _V,
    ("GET", "/sectors"): _V,
    ("GET", "/api/v1/map"): _V,
    ("GET", "/api/v1/map/land"): _V,
    ("GET", "/api/v1/search"): _V,
    ("GET", "/search"): _V,
    ("GET", "/sectors/{sector}"): _V,
    ("GET", "/api/v1/waves/{wave}"): _V,
    # Cameras: their state for everybody, their pictures for whoever says what for.
    ("GET", "/api/v1/cameras"): _V,
    ("GET", "/cameras"): _V,
    ("GET", "/wall"): _V,
    ("GET", "/leader"): _V,
    ("POST", "/api/v1/camera-watches"): _O,
    ("DELETE", "/api/v1/camera-watches/{watch}"): _O,
    ("GET", "/api/v1/camera-watches/{watch}/pictures/{gateway}/{device}"): _O,
    ("GET", "/api/v1/ledger"): _V,
    ("GET", "/api/v1/live"): _V,
    ("GET", "/metrics"): _V,
    ("GET", "/api/v1/exercise"): _V,
    ("GET", "/exercise"): _V,
    ("GET", "/"): _V,
    ("GET", "/devices"): _V,
    ("GET", "/devices/{gateway}/{device}"): _V,
    ("GET", "/alarms"): _V,
    ("GET", "/alarms/{alarm}"): _V,
    ("GET", "/disaster"): _V,
    ("GET", "/disaster/evacuations/{evacuation}"): _V,
    ("GET", "/environment"): _V,
    ("GET", "/incidents"): _V,
    ("GET", "/incidents/{incident}"): _V,
    ("GET", "/gateways"): _V,
    ("GET", "/profiles"): _V,
    ("GET", "/profiles/{profile}"): _V,
    ("GET", "/rules"): _V,
    ("GET", "/rules/{rule}"): _V,
    # Working alarms.
    ("POST", "/api/v1/alarms/{alarm}/acknowledge"): _O,
    ("POST", "/api/v1/alarms/{alarm}/comment"): _O,
    ("POST", "/api/v1/alarms/{alarm}/reset"): _O,
    ("POST", "/api/v1/alarms/{alarm}/assign"): _O,
    ("POST", "/api/v1/alarms/bulk"): _O,
    ("POST", "/api/v1/alarms/{alarm}/shelve"): _O,
    ("POST", "/api/v1/alarms/{alarm}/unshelve"): _O,
    ("POST", "/api/v1/incidents"): _O,
    ("POST", "/api/v1/incidents/{incident}/move"): _O,
    ("POST", "/api/v1/incidents/{incident}/comment"): _O,
    ("POST", "/api/v1/incidents/{incident}/alarms"): _O,
    ("POST", "/api/v1/incidents/{incident}/merge"): _O,
    ("GET", "/api/v1/planned-work"): _O,
    ("GET", "/api/v1/alarms/silenced"): _O,
    ("POST", "/api/v1/incidents/handover"): _O,
    ("GET", "/api/v1/incidents/handover"): _O,
    ("POST", "/api/v1/incidents/{incident}/attachments"): _O,
    ("GET", "/api/v1/incidents/{incident}/attachments"): _O,
    ("GET", "/api/v1/incidents/{incident}/attachments/{number}"): _O,
    ("GET", "/api/v1/notices"): _O,
    ("POST", "/api/v1/notices/{key}/called"): _O,
    ("GET", "/api/v1/commissioning"): _O,
    ("GET", "/api/v1/commissioning/{record}"): _O,
    ("GET", "/api/v1/commissioning/{record}/files/{sha256}"): _O,
    ("GET", "/api/v1/commissioning/{record}/pdf"): _O,
    ("GET", "/commissioning"): _O,
    ("GET", "/commissioning/{record}"): _O,
    ("GET", "/api/v1/dead-letters"): _O,
    ("GET", "/dead-letters"): _O,
    ("GET", "/planned-work"): _O,
    ("GET", "/silenced"): _O,
    ("GET", "/handover"): _O,
    ("POST", "/api/v1/disaster/bulletins"): _O,
    ("POST", "/api/v1/disaster/bulletins/{bulletin}/withdraw"): _O,
    ("POST", "/api/v1/disaster/evacuations"): _O,
    ("POST", "/api/v1/disaster/evacuations/{evacuation}/tick"): _O,
    ("POST", "/api/v1/disaster/evacuations/{evacuation}/close"): _O,
    # Taking parts of the province out of service, and files away.
    ("DELETE", "/api/v1/incidents/{incident}/attachments/{number}"): _E,
    ("POST", "/api/v1/planned-work"): _E,
    ("DELETE", "/api/v1/planned-work/{work}"): _E,
    # Letting gateways in, and putting them out.
    ("GET", "/api/v1/enrolment/gateways"): _E,
    ("GET", "/api/v1/gateways/{gateway}/enrolment"): _E,
    ("POST", "/api/v1/gateways"): _E,
    ("POST", "/api/v1/gateways/{gateway}/label"): _E,
    ("POST", "/api/v1/gateways/{gateway}/replace"): _E,
    ("POST", "/api/v1/gateways/{gateway}/move"): _E,
    ("POST", "/api/v1/gateways/{gateway}/retire"): _E,
    ("POST", "/api/v1/gateways/{gateway}/revoke"): _E,
    ("GET", "/api/v1/security-events"): _E,
    # Touching devices, and reading raw bytes of strangers.
    ("POST", "/api/v1/commands"): _E,
    ("GET", "/api/v1/commands/requests"): _E,
    ("POST", "/api/v1/commands/requests/{request}/confirm"): _E,
    ("POST", "/api/v1/commands/requests/{request}/withdraw"): _E,
    ("GET", "/api/v1/configurations/{gateway}"): _E,
    ("PUT", "/api/v1/configurations/{gateway}"): _E,
    ("GET", "/api/v1/configurations/{gateway}/versions"): _E,
    ("GET", "/api/v1/configurations/{gateway}/versions/{version}"): _E,
    ("POST", "/api/v1/configurations/{gateway}/check"): _E,
    ("POST", "/api/v1/configurations/{gateway}/plan"): _E,
    ("POST", "/api/v1/configurations/{gateway}/restore/{version}"): _E,
    ("POST", "/api/v1/waves"): _E,
    ("POST", "/api/v1/waves/{wave}/{trigger}"): _E,
    ("GET", "/api/v1/rejects"): _E,
    ("GET", "/api/v1/dead-letters/{letter}"): _E,
    ("POST", "/api/v1/dead-letters/{letter}/retry"): _E,
    ("POST", "/api/v1/dead-letters/{letter}/discard"): _E,
    # Changing what raises alarms.
    ("POST", "/api/v1/rules/check"): _E,
    ("POST", "/api/v1/rules/{rule}/rehearsals"): _E,
    ("PUT", "/api/v1/rules/{rule}"): _E,
    ("DELETE", "/api/v1/rules/{rule}"): _E,
    ("POST", "/api/v1/rules/{rule}/proposal/switch-on"): _E,
    ("DELETE", "/api/v1/rules/{rule}/proposal"): _E,
    ("POST", "/api/v1/rules/{rule}/restore/{version}"): _E,
    # Training people: whoever is trained does not see what will come.
    ("POST", "/api/v1/exercise/speed"): _E,
    ("POST", "/api/v1/exercise/injections"): _E,
    ("GET", "/api/v1/exercise/verdict"): _E,
    ("GET", "/api/v1/exercise/debrief"): _E,
    ("GET", "/api/v1/exercise/debrief/pdf"): _E,
    ("GET", "/exercise/debrief"): _E,
    # The land under everybody's map.
    ("PUT", "/api/v1/map/land"): _A,
    ("DELETE", "/api/v1/map/land"): _A,
    # Watching the watchers.
    ("GET", "/admin"): _A,
    ("GET", "/admin/{part}"): _A,
    ("GET", "/api/v1/users"): _A,
    ("POST", "/api/v1/users"): _A,
    ("PATCH", "/api/v1/users/{name}"): _A,
    ("GET", "/api/v1/sessions"): _A,
    ("DELETE", "/api/v1/sessions/{session}"): _A,
    ("GET", "/api/v1/audit"): _A,
    ("GET", "/api/v1/audit/verify"): _A,
    ("GET", "/api/v1/audit/export"): _A,
}


def rule_for(method: str, path: str) -> Rule | None:
    """The rule of a route (its template, not the address asked for); None = nobody may."""
    return POLICY.get((method, path))


def allows(rule: Rule | None, role: Role | None) -> bool:
    """Whether somebody of this role (None = a stranger) may pass."""
    if rule is Open.EVERYONE:
        return True
    return isinstance(rule, Role) and role is not None and role.includes(rule)
