"""What a simulated camera can look at: the river, a street with traffic, a staff gauge."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol

import numpy as np

from simulators.devices.rtsp.board import BOTTOM_M, TOP_M, gauge_picture
from simulators.devices.rtsp.scene import Look, Scene, packed
from simulators.devices.rtsp.street import DAY, NIGHT, Street

SceneName = Literal["river", "street", "board"]
STREET_S = 1800.0  # then the traffic begins again
DARK = 0.25  # less daylight is night, with headlights


class AnyScene(Protocol):
    """A place that a camera can look at."""

    def jpeg(self, look: Look) -> bytes:
        """The picture of this moment as a baseline 4:2:0 JPEG."""


class StreetScene:
    """A street; turned away, it is another one."""

    def __init__(self, seed: int) -> None:
        self._ahead = Street(seed, duration_s=STREET_S)
        self._aside = Street(seed + 7919, duration_s=0.0, people_per_min=0.0)

    def jpeg(self, look: Look) -> bytes:
        """The street with its traffic, in the light of the moment."""
        street = self._aside if look.turned else self._ahead
        weather = NIGHT if look.daylight < DARK else replace(DAY, daylight=look.daylight)
        return packed(street.picture(look.at_s % STREET_S, weather), look)


class BoardScene:
    """A staff gauge; `water` 0 to 1 is the level from its bottom to its top, with a hand's breadth to spare."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def jpeg(self, look: Look) -> bytes:
        """The board at the level of the moment, on water that ripples."""
        span_m = TOP_M - BOTTOM_M
        level_m = BOTTOM_M + span_m * (0.1 + 0.8 * min(max(look.water, 0.0), 1.0))
        seed = self._seed + int(look.at_s * 10)
        pixels = gauge_picture(level_m, seed=seed, light=min(max(look.daylight, 0.02), 1.0))
        return packed(np.roll(pixels, 300, axis=1) if look.turned else pixels, look)


def scene_of(name: SceneName, seed: int) -> AnyScene:
    """The scene of this name; two seeds are two places."""
    kinds: dict[SceneName, type[Scene | StreetScene | BoardScene]] = {
        "river": Scene,
        "street": StreetScene,
        "board": BoardScene,
    }
    return kinds[name](seed)
