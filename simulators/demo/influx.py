"""Asks an InfluxDB which database has no readings yet, so that the figures of a demonstration are its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from simulators.demo.errors import DemoError
from simulators.demo.files import StoreAccess

TRIES = 100


async def free_database(wanted: StoreAccess) -> StoreAccess:
    """The wanted database, or the next (thacba_2, thacba_3 ...) that has no readings."""
    auth = httpx.BasicAuth(wanted.username, wanted.password.get_secret_value()) if wanted.username else None
    async with httpx.AsyncClient(base_url=wanted.url, auth=auth, timeout=10.0, trust_env=False) as client:
        taken = {row[0] for row in await _rows(client, "SHOW DATABASES", "")}
        for number in range(1, TRIES + 1):
            name = wanted.database if number == 1 else f"{wanted.database}_{number}"
            if name not in taken or not await _rows(client, "SHOW MEASUREMENTS LIMIT 1", name):
                return replace(wanted, database=name)
    raise DemoError(f"{TRIES} databases named {wanted.database} have readings already: give INFLUX_DATABASE")


async def _rows(client: httpx.AsyncClient, query: str, database: str) -> list[list[Any]]:
    try:
        answer = await client.get("/query", params={"q": query, "db": database})
    except httpx.TransportError as error:
        raise DemoError(f"InfluxDB at {client.base_url} does not answer: {error!r}") from error
    if not answer.is_success:
        raise DemoError(f"InfluxDB answers {answer.status_code}: {answer.text[:200]}")
    result = answer.json()["results"][0]
    return [row for series in result.get("series", ()) for row in series.get("values", ())]
