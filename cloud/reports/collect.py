"""Gathers what a monthly report is worked out from, and the digest of exactly that."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cloud.reports.figures import Figure, Series, figure_of
from cloud.reports.month import Month
from cloud.reports.plan import Indicator, ReportPlan
from cloud.store.base import BirthRow, ReadingStore
from device_profiles.wire import State, WireError, decode

Device = tuple[str, str]  # gateway, device


class Digest(Protocol):
    """What a digest is fed through."""

    def update(self, part: bytes, /) -> None:
        """Takes the next part."""


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator in the month and in the one before."""

    indicator: Indicator
    now: Figure
    before: Figure


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """A report as it is printed. `ledger`: the five sums of the whole ledger on the day it was made."""

    month: Month
    made_at: int
    lines: tuple[Line, ...]
    ledger: Mapping[str, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from: readings, the devices that gateways named, the sums of the ledger."""

    store: ReadingStore
    devices: Mapping[str, Collection[Device]]
    ledger: Mapping[str, int]


def devices_in(births: Sequence[BirthRow]) -> dict[str, set[Device]]:
    """The devices that gateways have introduced, by profile."""
    found: dict[str, set[Device]] = {}
    for row in births:
        with suppress(WireError):  # a document that an older version wrote
            for each in decode(row.state.encode(), State).devices:
                found.setdefault(each.profile, set()).add((row.gateway, each.device))
    return found


async def monthly_report(plan: ReportPlan, month: Month, sources: Sources, *, made_at: int) -> MonthlyReport:
    """Works out every indicator; equal inputs give the same digest."""
    digest = sha256()
    _add(digest, {"month": str(month), "ledger": dict(sources.ledger), "plan": plan.model_dump(mode="json")})
    lines = []
    for indicator in plan.indicators:
        now = await _figure(indicator, month, sources, digest=digest)
        before = await _figure(indicator, month.before, sources, digest=digest)
        lines.append(Line(indicator, now, before))
    return MonthlyReport(month, made_at, tuple(lines), sources.ledger, digest.hexdigest())


async def _figure(indicator: Indicator, month: Month, sources: Sources, *, digest: Digest) -> Figure:
    begin, end = month.begin, month.end
    stored = await sources.store.stored(indicator.profile, indicator.point, begin=begin, end=end)
    found: dict[Device, Series] = {}
    for each in sorted(stored, key=lambda one: (one.key.gateway, one.key.device)):
        column = await sources.store.raw(each.key, begin=begin, end=end)
        if column.times:
            found[each.key.gateway, each.key.device] = Series(column.times, column.values)
            _add(digest, [str(month), each.key.profile, each.key.gateway, each.key.device, each.key.point])
            digest.update(array("q", column.times).tobytes())
            digest.update(array("d", column.values).tobytes())
    silent = sorted(set(sources.devices.get(indicator.profile, ())) - set(found))
    _add(digest, [str(month), indicator.id, silent])
    return figure_of(indicator, list(found.values()), silent=len(silent), begin=begin, end=end)


def _add(digest: Digest, what: object) -> None:
    digest.update(json.dumps(what, sort_keys=True, ensure_ascii=False).encode())
