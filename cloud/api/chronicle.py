"""The chronicle of a rule at a device: its alarms' history as it is known now, with what late readings have changed."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.alarms.chronicle import Entry, chronicle
from cloud.api.alarms import words_or_none
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.pages import Page
from cloud.store.base import AlarmFilter, AlarmHistoryRow
from device_profiles.schema import Text

router = APIRouter(prefix="/api/v1", tags=["alarms"])
ALARMS = 200  # the newest ones of a rule and device: more of them within one answer is a rule that should be changed


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView(Entry):
    """One thing that happened; `level_shown` is what people read for its level."""

    level_shown: Text | None


Name = Annotated[str, Query(min_length=1, max_length=64)]


@router.get("/chronicle", summary="What a rule has said of a device, as it is known now")
async def known_history(
    rule: Name,
    gateway: Name,
    device: Name,
    centre: CentreDep,
    begin: Annotated[int | None, Query(alias="from", ge=0, description="ms since 1970 UTC")] = None,
    end: Annotated[int | None, Query(alias="to", ge=0, description="ms since 1970 UTC; excluded")] = None,
) -> Page[EntryView]:
    """Every raise, escalation, easing and end in order of observation: the same, whatever the order of arrival was."""
    lines = await asyncio.to_thread(_lines, centre, AlarmFilter(gateway=gateway, device=device, rule=rule))
    running = centre.rules.running.rules.get(rule)
    levels = [level.name for level in running.kind.levels] if running is not None else []
    known = chronicle(lines, levels)
    within = [each for each in known if (begin or 0) <= each.observed_at and (end is None or each.observed_at < end)]
    items = [EntryView(**asdict(each), level_shown=words_or_none(centre, rule, each.level)) for each in within]
    return Page(items=items, next=None)


def _lines(centre: Centre, wanted: AlarmFilter) -> list[AlarmHistoryRow]:
    """The lines of these alarms in the order in which they were written."""
    alarms = centre.state.alarms(wanted, before=None, limit=ALARMS)
    lines = [line for alarm in reversed(alarms) for line in centre.state.history(alarm.id)]
    return sorted(lines, key=lambda line: line.at)
