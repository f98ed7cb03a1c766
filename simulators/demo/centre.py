"""The centre of a demonstration as any program sees it: through its API, with a bearer token."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from device_profiles.clock import Clock
from simulators.demo.errors import DemoError

PAGE = 200  # items asked for at once
MOST_PAGES = 500
LOOK_EVERY_S = 0.2


class CentreClient:
    """`async with CentreClient(url, token) as centre: await centre.get("/summary")`."""

    def __init__(self, url: str, token: SecretStr) -> None:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        # The environment's proxy is for the Internet; the centre is on this machine.
        self._client = httpx.AsyncClient(base_url=url, headers=headers, timeout=10.0, trust_env=False)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def is_ready(self) -> bool:
        """True when the page answers."""
        try:
            answer = await self._client.get("/healthz")
        except httpx.TransportError:
            return False
        return answer.is_success

    async def until_ready(self, clock: Clock, *, within_s: float) -> None:
        """Waits for a centre that is being started (again); DemoError when it does not come."""
        try:
            async with asyncio.timeout(within_s):
                while not await self.is_ready():
                    await clock.sleep(LOOK_EVERY_S)
        except TimeoutError:
            raise DemoError(f"the centre does not answer within {within_s:g} s") from None

    async def get(self, path: str) -> dict[str, Any]:
        """One resource; DemoError when the centre does not give it."""
        try:
            answer = await self._client.get(f"/api/v1{path}")
        except httpx.TransportError as error:
            raise DemoError(f"the centre does not answer: {error!r}") from error
        if not answer.is_success:
            raise DemoError(f"the centre answers {answer.status_code} to {path}: {answer.text[:300]}")
        content: dict[str, Any] = answer.json()
        return content

    async def items(self, path: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            more = f"&cursor={quote(cursor)}" if cursor else ""
            page = await self.get(f"{path}{'&' if '?' in path else '?'}limit={PAGE}{more}")
            found += page["items"]
            cursor = page["next"]
            if not cursor:
                break
        return found
