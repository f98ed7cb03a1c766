"""A centre, an app and clients of every role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.web.app import create_site
from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """The test's own time."""
    return ManualClock()


@pytest.fixture
def centre(tmp_path: Path, clock: ManualClock) -> Iterator[FakeCentre]:
    """The sample province."""
    centre = FakeCentre(tmp_path, clock)
    centre.prepare()
    yield centre
    centre.state.close()


@pytest.fixture
def api(centre: FakeCentre) -> FastAPI:
    """The app around it."""
    return create_site(centre)


@pytest.fixture
async def clients(api: FastAPI, centre: FakeCentre) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """One client per role with a bearer token, and `stranger` without."""
    async with AsyncExitStack() as stack:
        made: dict[str, httpx.AsyncClient] = {}
        for name in ("stranger", *Role):
            headers = {}
            if name != "stranger":
                secret, row = begin_token(f"program-{name}", Role(name), now=centre.clock.now_ms(), days=1)
                centre.state.put_secret(row)
                headers["Authorization"] = f"Bearer {secret}"
            transport = httpx.ASGITransport(api)
            client = httpx.AsyncClient(transport=transport, base_url="https://centre.test", headers=headers)
            made[str(name)] = await stack.enter_async_context(client)
        yield made


@pytest.fixture
def stranger(clients: dict[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    """Somebody without log-in."""
    return clients["stranger"]


@pytest.fixture
def operator(clients: dict[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    """The officer on duty."""
    return clients["operator"]


@pytest.fixture
def engineer(clients: dict[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    """Somebody who lets gateways in."""
    return clients["engineer"]


@pytest.fixture
def admin(clients: dict[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    """Who may do everything that is in the policy."""
    return clients["admin"]
