"""The environment page: VN_AQI with its official colours, classes of water, noise, and how they went."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.views import DeviceView, ThresholdView
from cloud.errors import StoreUnavailableError
from cloud.store.base import Bucket, SeriesKey
from cloud.web.environment_parts import (
    DAY_INDEX,
    HOUR_INDEX,
    HOUR_MS,
    SONDE,
    WATER_INDEX,
    Air,
    Cell,
    Water,
    air_of,
    noises_of,
    strip,
    waters_of,
)
from cloud.web.figures import indices_of, models_of, with_sources
from cloud.web.pages import site_names, value_formats
from cloud.web.render import page
from cloud.web.sector_alarms import open_alarms_of
from device_profiles.schema import Sector

router = APIRouter(include_in_schema=False)
AIR_HOURS = 24
WATER_STEPS, WATER_STEP_MS = 28, 6 * HOUR_MS  # seven days
MOST_DRAWN = 40  # stations with a strip; the rest has figures
PATIENCE_S = 4.0  # with the store, for all strips together: the present must not wait for the past
SHOWN_ALARMS = 8
FIRST_STATIONS = 40  # of air and of water; the rest is behind a word
BANDS = range(1, 7)
CLASSES = range(1, 5)
Index = Mapping[tuple[str, str], DeviceView]


@router.get("/environment")
async def environment_page(
    request: Request, centre: CentreDep, stations: Literal["all", "first"] = "first"
) -> HTMLResponse:
    """Air and water, the worst first."""
    models = [*models_of(centre.profiles, Sector.ENVIRONMENT), SONDE]
    devices = with_sources(centre, models, (HOUR_INDEX, DAY_INDEX, WATER_INDEX))
    history = _History(centre)

    def levels(device: DeviceView, key: str) -> Sequence[ThresholdView]:
        return centre.thresholds(device.gateway, device.id, key)

    hours, classes = indices_of(devices, HOUR_INDEX), indices_of(devices, WATER_INDEX)
    air = [await history.air(each, hours) for each in air_of(devices, centre.profiles, levels)]
    waters = [await history.water(each, classes) for each in waters_of(devices, levels)]
    alarms = await asyncio.to_thread(open_alarms_of, centre, Sector.ENVIRONMENT)
    return page(
        request,
        "environment.html",
        air=air,
        waters=waters,
        most=max(len(air), len(waters)) if stations == "all" else FIRST_STATIONS,
        all_stations=stations == "all",
        first_stations=FIRST_STATIONS,
        noises=noises_of(devices, centre.profiles, levels),
        bands=BANDS,
        classes=CLASSES,
        store_away=history.away,
        alarms=alarms[:SHOWN_ALARMS],
        more_alarms=max(0, len(alarms) - SHOWN_ALARMS),
        alarm_count=len(alarms),
        site_names=site_names(centre),
        formats=value_formats(request, centre),
    )


class _History:
    """Reads the strips of hours, and says when the store does not answer."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._drawn = 0
        self._until = asyncio.get_running_loop().time() + PATIENCE_S
        self.away = False

    async def air(self, found: Air, hours: Index) -> Air:
        """The station with its last 24 hours."""
        index = hours.get((found.device.gateway, found.device.id))
        return replace(found, strip=await self._strip(index, ("band", "aqi"), AIR_HOURS, HOUR_MS))

    async def water(self, found: Water, classes: Index) -> Water:
        """The station with its last seven days."""
        index = classes.get((found.device.gateway, found.device.id))
        return replace(found, strip=await self._strip(index, ("water_class", ""), WATER_STEPS, WATER_STEP_MS))

    async def _strip(
        self, index: DeviceView | None, points: tuple[str, str], cells: int, step_ms: int
    ) -> tuple[Cell, ...]:
        if index is None or self.away or self._drawn >= MOST_DRAWN:
            return ()
        self._drawn += 1
        end = -(-self._centre.clock.now_ms() // step_ms) * step_ms
        begin = end - cells * step_ms
        try:
            async with asyncio.timeout_at(self._until):
                states, values = [await self._series(index, point, begin, end, step_ms) for point in points]
        except (StoreUnavailableError, TimeoutError):
            self.away = True
            return ()
        return strip(states, values, begin=begin, cells=cells, step_ms=step_ms)

    async def _series(self, index: DeviceView, point: str, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        if not point:
            return []
        key = SeriesKey(index.profile, index.gateway, index.id, point)
        return await self._centre.readings.series(key, begin=begin, end=end, step_ms=step_ms)
