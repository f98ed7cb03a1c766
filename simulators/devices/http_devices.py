"""HTTP devices that are not there: one kind is asked (air node, UPS, router), the other pushes (rain gauge)."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from device_profiles.backoff import Backoff
from device_profiles.clock import Clock, SystemClock
from device_profiles.schema import DeviceProfile
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import document_of
from simulators.faults import FaultKind, Faults
from simulators.http_server import HttpAppliance, Misbehaviour, is_let_in

KEPT_REPORTS = 10_000  # what the logger of a gauge holds while nobody takes its reports
REPORTS_AT_ONCE = 50
PATIENCE_S = 10.0
ACCEPTED = 202
NEVER = frozenset({413, 422})


class HttpDevice(HttpAppliance):
    """A device that answers GET /data with its values."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        key: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        elapsed: Elapsed | None = None,
    ) -> None:
        self.faults = Faults()
        self.answered = 0
        self._profile = profile
        self._signal = signal
        self._key = key
        self._elapsed = elapsed or stopwatch()
        super().__init__(self._api(), Misbehaviour(self.faults, self._elapsed), host=host, port=port)

    @property
    def url(self) -> str:
        """The address to poll."""
        return f"{self._host.url}/data"

    def _api(self) -> FastAPI:
        api = FastAPI(openapi_url=None)

        @api.get("/data")
        async def data(request: Request) -> Response:
            if not is_let_in(request, self._key):
                return JSONResponse({"error": "wrong key"}, 401)
            elapsed_s = self._elapsed()
            self.answered += 1
            return JSONResponse(document_of(self._profile, self.faults.distorted(self._signal(elapsed_s), elapsed_s)))

        return api


class RainGauge:
    """A tipping bucket that pushes its reports and keeps each until somebody says 202.

    Its signal gives `rain_total_mm`; it reports `rain_mm` since its last report, so that no rain is told twice.
    `acknowledged` counts the values that were taken: a count outside the system for those who check it.
    """

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        url: str,
        key: str,
        period_s: float,
        name: str = "gauge",
        elapsed: Elapsed | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.faults = Faults()
        self.acknowledged = 0
        self.acknowledged_reports = 0
        self.reported = 0
        self.refused = 0
        self.forgotten = 0
        self._profile = profile
        self._signal = signal
        self._url = url
        self._key = key
        self._period_s = period_s
        self._name = name
        self._elapsed = elapsed or stopwatch()
        self._clock: Clock = clock or SystemClock()
        self._numbers = itertools.count(1)
        self._boot = self._clock.now_ms()
        self._total_mm = 0.0
        self._waiting: deque[dict[str, Any]] = deque()
        self._group = asyncio.TaskGroup()
        self._running: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Reports that nobody has taken yet."""
        return len(self._waiting)

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._running = [self._group.create_task(work) for work in (self._measure(), self._deliver())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)

    async def _measure(self) -> None:
        """A report each period, whether somebody takes it or not."""
        next_report = self._clock.monotonic()
        while True:
            self._report()
            self._news.set()
            late = max(0.0, self._clock.monotonic() - next_report)
            next_report += self._period_s * (late // self._period_s + 1)
            await self._clock.sleep(next_report - self._clock.monotonic())

    async def _deliver(self) -> None:
        """The oldest reports first; after a failure again, later and later."""
        backoff = Backoff(base_s=min(1.0, self._period_s), cap_s=30.0)
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            while True:
                self._news.clear()
                if not self._waiting:
                    await self._news.wait()
                elif await self._push(client):
                    backoff.reset()
                else:
                    await self._clock.sleep(backoff.next_delay())

    def _report(self) -> None:
        elapsed_s = self._elapsed()
        values = dict(self._signal(elapsed_s))
        total_mm = float(values.get("rain_total_mm", self._total_mm))
        values["rain_mm"] = round(max(total_mm - self._total_mm, 0.0), 3)
        self._total_mm = total_mm
        document = document_of(self._profile, self.faults.distorted(values, elapsed_s))
        number = next(self._numbers)
        self._waiting.append(
            {"id": f"{self._name}-{self._boot}-{number}", "observed_at": self._clock.now_ms()} | document
        )
        self.reported += 1
        while len(self._waiting) > KEPT_REPORTS:
            self._waiting.popleft()
            self.forgotten += 1

    async def _push(self, client: httpx.AsyncClient) -> bool:
        """True when the oldest reports were taken."""
        active = self.faults.active(self._elapsed())
        if FaultKind.SILENT in active:
            return False
        reports = list(itertools.islice(self._waiting, REPORTS_AT_ONCE))
        content: Any = "rain!" if FaultKind.GARBAGE in active else reports
        try:
            answer = await client.post(self._url, json=content, headers={"Authorization": f"Bearer {self._key}"})
        except httpx.HTTPError:
            return False
        if answer.status_code in NEVER and content is reports:  # sending them again would never help
            self.refused += len(reports)
            self._forget(reports)
            return True
        if answer.status_code != ACCEPTED:
            return False
        self._forget(reports)
        self.acknowledged_reports += len(reports)
        self.acknowledged += sum(len(report) - 2 for report in reports)  # without id and observed_at
        return True

    def _forget(self, reports: list[dict[str, Any]]) -> None:
        for _ in reports:
            self._waiting.popleft()
