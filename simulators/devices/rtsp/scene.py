"""The picture before a simulated camera: a river between two banks, a boat that drifts, and a clock in a bar."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

SIZE = (384, 216)
SMALL_SIZE = (256, 144)
BAR_ROWS = 12
CLOCK_BITS = 20
BLUR_PX = 6
QUALITY = 75
BOAT_PX_PER_S = 40.0

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """How the scene looks at one moment."""

    at_s: float
    water: float = 0.5
    daylight: float = 1.0
    turned: bool = False
    black: bool = False
    blurred: bool = False
    small: bool = False


class Scene:
    """Draws one place; two seeds are two places."""

    def __init__(self, seed: int) -> None:
        self._ahead = _banks(np.random.default_rng(seed))
        self._aside = _banks(np.random.default_rng(seed + 7919))[:, ::-1]
        self._ripples = _texture(np.random.default_rng(seed + 1), cell=4, levels=5.0)

    def jpeg(self, look: Look) -> bytes:
        """The picture as a baseline 4:2:0 JPEG, the kind that RFC 2435 can carry."""
        return packed(self._draw(look), look)

    def _draw(self, look: Look) -> Pixels:
        picture = self._aside.copy() if look.turned else self._river(look)
        picture = (picture * min(max(look.daylight, 0.02), 1.0)).astype(np.uint8)
        picture[:BAR_ROWS] = _clock(look.at_s)
        return picture

    def _river(self, look: Look) -> Pixels:
        picture = self._ahead.copy()
        surface = round(SIZE[1] * (0.85 - 0.22 * min(max(look.water, 0.0), 1.0)))
        picture[surface:] = 90 + np.roll(self._ripples, round(look.at_s * 15), axis=1)[surface:]
        left = round(look.at_s * BOAT_PX_PER_S) % (SIZE[0] - 48)
        picture[surface - 6 : surface + 18, left : left + 48] = 225
        return picture


def packed(picture: Pixels, look: Look) -> bytes:
    """A grey picture as such a JPEG, after what the lens did to it."""
    image = Image.fromarray(np.full_like(picture, 3) if look.black else picture)
    if look.blurred:
        image = image.filter(ImageFilter.GaussianBlur(BLUR_PX))
    if look.small:
        image = image.resize(SMALL_SIZE)
    out = io.BytesIO()
    image.convert("YCbCr").save(out, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return out.getvalue()


def _clock(at_s: float) -> Pixels:
    """A bar of black and white fields, tenths of a second in binary: no two pictures are alike."""
    tenths = int(at_s * 10)
    fields = np.array([255 if tenths >> bit & 1 else 0 for bit in range(CLOCK_BITS)], dtype=np.uint8)
    row = np.full(SIZE[0], 128, dtype=np.uint8)
    row[: CLOCK_BITS * BAR_ROWS] = np.repeat(fields, BAR_ROWS)
    return np.broadcast_to(row, (BAR_ROWS, SIZE[0]))


def _banks(dice: np.random.Generator) -> Pixels:
    """Sky, hills, houses and trees with fine structure, so that blur and a turned camera can be told."""
    picture = np.full((SIZE[1], SIZE[0]), 180.0)
    ridge = 60 + 25 * np.sin(np.linspace(dice.uniform(0, 6), dice.uniform(7, 14), SIZE[0]))
    picture[np.arange(SIZE[1])[:, None] > ridge[None, :]] = 110
    for _ in range(14):
        left, top = int(dice.integers(0, SIZE[0] - 40)), int(dice.integers(50, 150))
        wide, high = int(dice.integers(16, 40)), int(dice.integers(16, 50))
        picture[top : top + high, left : left + wide] = dice.integers(40, 230)
    picture += _texture(dice, cell=2, levels=14.0)
    return picture.clip(0, 255).astype(np.uint8)


def _texture(dice: np.random.Generator, *, cell: int, levels: float) -> npt.NDArray[np.int16]:
    """Coarse grain of so many levels up and down."""
    grain = dice.uniform(-levels, levels, (SIZE[1] // cell, SIZE[0] // cell))
    return np.kron(grain, np.ones((cell, cell))).astype(np.int16)
