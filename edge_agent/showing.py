"""What a device that speaks by itself has shown since it was told to do something."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from device_profiles.writing import Write
from edge_agent.connector import LinkError, Observation, Sample, Scalar
from edge_agent.ordering import shows


class Shown:
    """The newest value of each point; an order waits here until the device shows it."""

    def __init__(self) -> None:
        self._values: dict[str, Scalar | None] = {}
        self._news = asyncio.Event()

    def note(self, observations: Iterable[Observation]) -> None:
        """The device said this."""
        self._values.update({each.point: each.value for each in observations if isinstance(each, Sample)})
        self._news.set()

    def forget(self, point: str) -> None:
        """What was shown before an order does not count."""
        self._values.pop(point, None)

    async def seen(self, write: Write, point: str, value: Scalar) -> None:
        """Returns when the device shows the value; LinkError when it does not within the time of the order."""
        try:
            async with asyncio.timeout(write.within_s):
                while not (point in self._values and shows(write, value, self._values[point])):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            said = f"shows {self._values[point]!r}" if point in self._values else "says nothing"
            raise LinkError("timeout", f"{point} should be {value!r} within {write.within_s:g} s, and {said}") from None
