"""Which gateways a roll-out is for: by area, label, profile and by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gateway with what it can be chosen by; `areas` is the path from its own area to the top."""

    gateway: str
    site: str
    areas: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """All that are named must agree; within one of them any may."""

    areas: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()

    @property
    def names_something(self) -> bool:
        """Nothing is not everything."""
        return any((self.areas, self.labels, self.profiles, self.sites, self.gateways))


def chosen(candidates: Iterable[Candidate], target: Target) -> list[str]:
    """The gateways meant, by id; those named one by one come in the order of their names."""
    if not target.names_something:
        return []
    found = [each.gateway for each in candidates if _fits(each, target)]
    order = {gateway: place for place, gateway in enumerate(target.gateways)}
    return sorted(found, key=lambda gateway: (order.get(gateway, len(order)), gateway))


def _fits(candidate: Candidate, target: Target) -> bool:
    wanted = (
        (target.areas, candidate.areas),
        (target.labels, candidate.labels),
        (target.profiles, candidate.profiles),
        (target.sites, (candidate.site,)),
        (target.gateways, (candidate.gateway,)),
    )
    return all(not names or not set(names).isdisjoint(has) for names, has in wanted)
