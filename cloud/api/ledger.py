"""What became of every reading: the ledger's accounts and the figures of the whole centre."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.views import AccountView

router = APIRouter(prefix="/api/v1", tags=["ledger"])


@dataclass(frozen=True, slots=True)
class Summary:
    """The centre in figures; accepted = stored + dead-lettered + dropped + awaited."""

    accepted: int
    stored: int
    dead_lettered: int
    dropped: int
    awaited: int
    devices: int
    gateways: int
    gateways_online: int
    alarms_open: int
    alarms_unacknowledged: int
    alarms_raised: int
    notices_sent: int
    first_reading_at: int | None
    started_at: int
    now: int


@router.get("/ledger", summary="The ledger's accounts")
async def list_accounts(
    centre: CentreDep,
    gateway: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AccountView]:
    """One account per gateway and epoch; `missing_ranges` are sequences that have not come yet."""
    accounts = centre.ledger(gateway)
    return page_of(accounts, lambda account: f"{account.gateway}/{account.epoch}", cursor=cursor, limit=limit)


@router.get("/summary", summary="The centre in figures")
async def summary(centre: CentreDep) -> Summary:
    """Sums over the fleet."""
    return await summarise(centre)


async def summarise(centre: Centre) -> Summary:
    """Adds up the ledger, the fleet and the open alarms."""
    gateways, counters = centre.gateways(), centre.counters()
    opened = await asyncio.to_thread(centre.state.open_alarms)
    return Summary(
        **centre.ledger_sums(),
        devices=centre.device_counts().devices,
        gateways=len(gateways),
        gateways_online=sum(gateway.state == "online" for gateway in gateways),
        alarms_open=sum(each.alarms for each in opened),
        alarms_unacknowledged=sum(each.unacknowledged for each in opened),
        alarms_raised=counters.alarms_raised,
        notices_sent=counters.notices_sent,
        first_reading_at=counters.first_reading_at,
        started_at=counters.started_at,
        now=centre.clock.now_ms(),
    )


def reasons_of(accounts: Sequence[AccountView]) -> tuple[Counter[str], Counter[str]]:
    """The dead-lettered and the dropped readings of many accounts, by reason."""
    dead: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for account in accounts:
        dead.update(account.dead_by_reason)
        dropped.update(account.dropped_by_reason)
    return dead, dropped
