"""What people may choose from in forms: sectors, departments, and who was given work before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloud.access.roles import Role
from cloud.api.deps import Centre
from cloud.store.incident_port import IncidentRow

MOST = 200


def sectors_of(centre: Centre, incidents: Iterable[IncidentRow] = ()) -> list[str]:
    """The sectors that the regulation names, and those of these incidents; others may be typed."""
    named = {sector for telling in centre.regulation.tell for sector in telling.sectors}
    return sorted(named | {row.sector for row in incidents if row.sector})


def areas_of(centre: Centre) -> list[str]:
    """The areas with sites."""
    return sorted({site.area for site in centre.sites() if site.area})


def assignees_of(centre: Centre, incidents: Sequence[IncidentRow] = ()) -> list[str]:
    """The departments that own rules, and who works on these incidents; others may be typed."""
    owners = {rule.owner for rule in centre.rules.running.rules.values() if rule.owner}
    return sorted(owners | {row.assignee for row in incidents if row.assignee})[:MOST]


def workers_of(centre: Centre) -> list[str]:
    """Who may be given an alarm: everybody who can log in and work."""
    return [row.name for row in centre.state.users() if not row.disabled and Role(row.role).includes(Role.OPERATOR)]
