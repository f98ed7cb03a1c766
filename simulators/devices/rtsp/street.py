"""A street before a simulated camera: cars, motorbikes, lorries and people on their ways, and the truth about them.

         houses
──────── pavement: people both ways ────────
◀─────── far lane: back ────────────────────
────────── near lane: forth ───────────────▶       the line to count at stands upright in the middle
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Kind = Literal["car", "motorbike", "lorry", "person"]

WIDTH, HEIGHT = 640, 360
PX_PER_M = 16.0
NEAR, FAR, PAVEMENT = 0.84, 0.66, 0.52  # where wheels and feet stand, shares of the height
MARGIN_M = 12.0  # traffic begins and ends so far outside the picture
LEAST_GAP_S = 1.6  # between two vehicles of one lane, as drivers keep it
SIZE_M: dict[Kind, tuple[float, float]] = {
    "car": (4.3, 1.5), "motorbike": (1.9, 1.6), "lorry": (8.5, 3.0), "person": (0.55, 1.7),
}  # fmt: skip
SPEED_M_S: dict[Kind, tuple[float, float]] = {
    "car": (8.0, 13.0), "motorbike": (7.0, 11.0), "lorry": (7.0, 10.0), "person": (1.0, 1.7),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passer:
    """Somebody on the way through the picture at a steady speed; `at_s` is when the middle is crossed."""

    kind: Kind
    at_s: float
    speed_m_s: float  # below zero: from right to left
    ground: float
    level: int

    def middle_px(self, at_s: float) -> float:
        """Where its middle is, pixels from the left."""
        return WIDTH / 2 + (at_s - self.at_s) * self.speed_m_s * PX_PER_M


@dataclass(frozen=True, slots=True)
class Weather:
    """What the camera has to cope with."""

    daylight: float = 1.0
    noise: float = 2.5  # grey levels
    clouds: float = 0.08  # how much the light comes and goes
    lamps: bool = False  # headlights, as at night
    shadows: bool = True


DAY = Weather()
NIGHT = Weather(daylight=0.1, noise=5.0, clouds=0.0, lamps=True, shadows=False)


class Street:
    """One street with its traffic of `duration_s`; one seed is one place and one day."""

    def __init__(
        self, seed: int, *, duration_s: float, vehicles_per_min: float = 20.0, people_per_min: float = 8.0
    ) -> None:
        dice = np.random.default_rng(seed)
        self._empty = _empty(dice)
        self._seed = seed
        lanes = ((NEAR, 1.0), (FAR, -1.0))
        self.passers = tuple(
            passer
            for ground, way in lanes
            for passer in _traffic(dice, duration_s, vehicles_per_min / len(lanes), (ground, way))
        ) + tuple(_people(dice, duration_s, people_per_min))

    def crossings(self, begin_s: float, end_s: float) -> dict[str, int]:
        """How many really crossed the middle meanwhile: the truth that a count is held against."""
        found = dict.fromkeys(("vehicles_forth", "vehicles_back", "people_forth", "people_back"), 0)
        for passer in self.passers:
            if begin_s <= passer.at_s < end_s:
                what = "people" if passer.kind == "person" else "vehicles"
                found[f"{what}_{'forth' if passer.speed_m_s > 0 else 'back'}"] += 1
        return found

    def picture(self, at_s: float, weather: Weather = DAY) -> Pixels:
        """What the camera shows at this moment."""
        light = weather.daylight * (1 + weather.clouds * np.sin(at_s / 11.0))
        scene = self._empty * np.float32(light)
        for passer in sorted(self.passers, key=lambda one: one.ground):
            if abs(passer.middle_px(at_s) - WIDTH / 2) < WIDTH / 2 + MARGIN_M * PX_PER_M:
                _draw(scene, passer, at_s, weather, light)
        dice = np.random.default_rng((self._seed, round(at_s * 1000)))
        scene += dice.standard_normal(scene.shape, dtype=np.float32) * np.float32(weather.noise)
        return scene.clip(0, 255).astype(np.uint8)


def _traffic(
    dice: np.random.Generator, duration_s: float, per_min: float, lane: tuple[float, float]
) -> Iterator[Passer]:
    ground, way = lane
    at_s, last_m_s = float(dice.exponential(60 / per_min)), 0.0
    while at_s < duration_s:
        kind: Kind = dice.choice(["car", "motorbike", "lorry"], p=[0.45, 0.45, 0.1])
        speed = float(dice.uniform(*SPEED_M_S[kind]))
        speed = min(speed, last_m_s + 0.6) if last_m_s else speed  # nobody drives through the one ahead
        yield Passer(kind, at_s, way * speed, ground, int(dice.choice([35, 50, 160, 190, 215])))
        gap_s = LEAST_GAP_S + float(dice.exponential(max(0.1, 60 / per_min - LEAST_GAP_S)))
        at_s, last_m_s = at_s + gap_s, speed if gap_s < 6 else 0.0


def _people(dice: np.random.Generator, duration_s: float, per_min: float) -> Iterator[Passer]:
    at_s = float(dice.exponential(60 / per_min)) if per_min else duration_s
    while at_s < duration_s:
        way = float(dice.choice([-1.0, 1.0]))
        ground = PAVEMENT + float(dice.uniform(-0.02, 0.02))
        yield Passer(
            "person", at_s, way * float(dice.uniform(*SPEED_M_S["person"])), ground, int(dice.choice([40, 60]))
        )
        at_s += 2.0 + float(dice.exponential(max(0.1, 60 / per_min - 2.0)))


def _draw(scene: npt.NDArray[np.float32], passer: Passer, at_s: float, weather: Weather, light: float) -> None:
    length, high = (metres * PX_PER_M for metres in SIZE_M[passer.kind])
    middle, foot = passer.middle_px(at_s), passer.ground * HEIGHT
    left, right = middle - length / 2, middle + length / 2
    if weather.shadows:
        scene[_rows(foot - 2, foot + 5), _columns(left + 4, right + 8)] *= 0.65
    body = passer.level * light
    if passer.kind in ("person", "motorbike"):
        _slender(scene, passer, (left, right, foot, high), light)
    else:
        roof, shade = (0.45, 0.55) if passer.kind == "car" else (0.95, 1.0)
        left_roof, right_roof = middle - length * roof / 2, middle + length * roof / 2
        scene[_rows(foot - high * 0.6, foot), _columns(left, right)] = body
        scene[_rows(foot - high, foot - high * 0.6), _columns(left_roof, right_roof)] = shade * body
    if weather.lamps and passer.kind != "person":
        _lamp(scene, right if passer.speed_m_s > 0 else left, foot, 1 if passer.speed_m_s > 0 else -1)


def _slender(
    scene: npt.NDArray[np.float32], passer: Passer, box: tuple[float, float, float, float], light: float
) -> None:
    """A person, or a rider above two wheels."""
    left, right, foot, high = box
    middle, level = (left + right) / 2, passer.level * light
    if passer.kind == "person":
        scene[_rows(foot - high, foot), _columns(left, right)] = level
        scene[_rows(foot - high, foot - high * 0.82), _columns(left + 2, right - 2)] = 150 * light
        return
    scene[_rows(foot - high * 0.5, foot), _columns(left, right)] = 45 * light
    scene[_rows(foot - high, foot - high * 0.45), _columns(middle - 6, middle + 6)] = level


def _lamp(scene: npt.NDArray[np.float32], front: float, foot: float, way: int) -> None:
    """A headlight and the road that it lights, 8 m ahead."""
    beam = sorted((front, front + way * 8 * PX_PER_M))
    scene[_rows(foot - 4, foot + 6), _columns(*beam)] += 70
    scene[_rows(foot - 14, foot - 6), _columns(front - 5, front + 5)] = 255


def _rows(top: float, bottom: float) -> slice:
    return slice(max(0, round(top)), max(0, min(HEIGHT, round(bottom))))


def _columns(left: float, right: float) -> slice:
    return slice(max(0, min(WIDTH, round(left))), max(0, min(WIDTH, round(right))))


def _empty(dice: np.random.Generator) -> npt.NDArray[np.float32]:
    """Houses, pavement and road without anybody."""
    scene = np.full((HEIGHT, WIDTH), 165.0, dtype=np.float32)
    for _ in range(30):
        left, top = int(dice.integers(0, WIDTH - 70)), int(dice.integers(0, 130))
        wide, high = int(dice.integers(20, 70)), int(dice.integers(15, 50))
        scene[top : top + high, left : left + wide] = dice.integers(60, 220)
    scene[int(HEIGHT * 0.45) : int(HEIGHT * 0.545)] = 145
    scene[int(HEIGHT * 0.545) :] = 105
    scene[int(HEIGHT * 0.70) : int(HEIGHT * 0.71), ::40] = 200
    grain = dice.uniform(-9, 9, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    return scene + np.kron(grain, np.ones((2, 2), dtype=np.float32))
