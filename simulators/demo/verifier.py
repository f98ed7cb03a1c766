"""The count from outside: what each device produced, and what lies in the store, asked behind the centre's back."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from simulators.demo.files import StoreAccess

DeviceCounts: TypeAlias = Mapping[tuple[str, str], int]  # (gateway, device) -> readings

SQLITE_COUNTS = (
    """SELECT gateway, device, count(*) FROM reading JOIN series ON id = series
       WHERE substr(profile, 1, 6) <> 'index_' GROUP BY gateway, device""",
    """SELECT gateway, device, count(*) FROM quality JOIN series ON id = series
       WHERE substr(code, 1, 4) = 'bad:' GROUP BY gateway, device""",
    "SELECT gateway, device, count(*) FROM event GROUP BY gateway, device",
)


def produced(data: Path, gateways: Sequence[str]) -> DeviceCounts:
    """Readings and events that the gateways' outboxes accepted; counted by the agent in the same transaction."""
    found: Counter[tuple[str, str]] = Counter()
    for gateway in gateways:
        with closing(_opened(data / gateway / "outbox.sqlite3")) as outbox:
            for device, readings in outbox.execute("SELECT device, readings FROM produced"):
                found[gateway, device] += readings
    return found


def stored_in_sqlite(database: Path) -> DeviceCounts:
    """Readings and events in the embedded store."""
    found: Counter[tuple[str, str]] = Counter()
    with closing(_opened(database)) as store:
        for query in SQLITE_COUNTS:
            for gateway, device, readings in store.execute(query):
                found[gateway, device] += readings
    return found


async def stored_in_influx(access: StoreAccess, profiles: Sequence[str]) -> DeviceCounts:
    """Readings of these profiles, bad ones and events in an InfluxDB."""
    auth = httpx.BasicAuth(access.username, access.password.get_secret_value()) if access.username else None
    queries = [f'SELECT count(*) FROM "{profile}" GROUP BY gateway, device' for profile in profiles]  # noqa: S608 -- names of our own catalogue
    queries.append("SELECT count(code) FROM quality WHERE code =~ /^bad:/ GROUP BY gateway, device")
    queries.append("SELECT count(id) FROM event GROUP BY gateway, device")
    found: Counter[tuple[str, str]] = Counter()
    async with httpx.AsyncClient(base_url=access.url, auth=auth, timeout=30.0, trust_env=False) as client:
        answer = await client.post("/query", data={"q": ";".join(queries), "db": access.database})
        answer.raise_for_status()
    for result in answer.json()["results"]:
        for series in result.get("series", ()):
            found[series["tags"]["gateway"], series["tags"]["device"]] += _sum_of(series)
    return found


def unequal(made: DeviceCounts, kept: DeviceCounts) -> dict[str, list[int]]:
    """Devices whose two counts differ: [produced, stored]."""
    return {
        f"{gateway}/{device}": [made.get((gateway, device), 0), kept.get((gateway, device), 0)]
        for gateway, device in sorted({*made, *kept})
        if made.get((gateway, device), 0) != kept.get((gateway, device), 0)
    }


def _sum_of(series: Mapping[str, Any]) -> int:
    """The counts of one row; its first column is the time."""
    return sum(count or 0 for row in series["values"] for count in row[1:])


def _opened(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
