"""A staff gauge in a river before a simulated camera: painted bands above the water, their mirror image below."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 640, 360
TOP_PX, BOTTOM_PX, MIDDLE_PX, BOARD_PX = 36, 324, 320, 16
TOP_M, BOTTOM_M, MARK_M = 4.0, 1.0, 0.1  # 288 px for 3 m: 1 cm is a pixel, a band ten


def gauge_picture(
    level_m: float, *, seed: int = 1, light: float = 1.0, mirror: float = 0.35, noise: float = 2.0, dirt: float = 0.0
) -> Pixels:
    """The board with water at this level; `mirror` is how much of the paint the water shows again."""
    dice = np.random.default_rng(seed)
    scene = np.full((HEIGHT, WIDTH), 120.0)
    scene += np.kron(dice.uniform(-12, 12, (HEIGHT // 4, WIDTH // 4)), np.ones((4, 4)))
    rows = np.arange(HEIGHT)
    edge = TOP_PX + (TOP_M - level_m) / (TOP_M - BOTTOM_M) * (BOTTOM_PX - TOP_PX)
    surface = 95 + 6 * np.sin(rows / 2.3 + seed) + dice.uniform(-3, 3, HEIGHT)
    scene[rows >= edge] = surface[rows >= edge, None]
    columns = slice(MIDDLE_PX - BOARD_PX // 2, MIDDLE_PX + BOARD_PX // 2)
    paint = _paint(rows + 0.5) * (1 - dirt) + 110 * dirt
    image = _paint(2 * edge - rows - 0.5) * (1 - dirt) + 125 * dirt
    dry = (rows >= TOP_PX) & (rows < min(edge, BOTTOM_PX))
    wet = (rows >= edge) & (2 * edge - rows > TOP_PX)
    scene[dry, columns] = paint[dry, None]
    scene[wet, columns] += (mirror * (image - 125))[wet, None]
    scene = scene * light + dice.normal(0, noise, scene.shape)
    return scene.clip(0, 255).astype(np.uint8)


def _paint(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Red and white bands, as grey levels."""
    level = TOP_M - (rows - TOP_PX) / (BOTTOM_PX - TOP_PX) * (TOP_M - BOTTOM_M)
    return np.where(np.floor((TOP_M - level) / MARK_M) % 2 == 0, 215.0, 60.0)
