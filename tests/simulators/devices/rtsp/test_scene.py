"""The scene before the camera."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from simulators.devices.rtsp.scene import SIZE, SMALL_SIZE, Look, Pixels, Scene


def grey(scene: Scene, look: Look) -> Pixels:
    with Image.open(io.BytesIO(scene.jpeg(look))) as picture:
        return np.asarray(picture.convert("L"))


def test_the_same_seed_is_the_same_place_and_no_two_moments_are_alike() -> None:
    assert Scene(1).jpeg(Look(1.0)) == Scene(1).jpeg(Look(1.0))
    assert Scene(1).jpeg(Look(1.0)) != Scene(2).jpeg(Look(1.0))
    assert Scene(1).jpeg(Look(1.0)) != Scene(1).jpeg(Look(1.1))


@pytest.mark.parametrize(("look", "size"), [(Look(0), SIZE), (Look(0, small=True), SMALL_SIZE)])
def test_sizes_fit_rtp(look: Look, size: tuple[int, int]) -> None:
    picture = grey(Scene(1), look)
    assert picture.shape == (size[1], size[0])
    assert size[0] % 8 == size[1] % 8 == 0


def test_water_rises_in_the_picture_and_night_falls() -> None:
    low, high = (grey(Scene(1), Look(0, water=water)) for water in (0.0, 1.0))
    assert np.abs(low.astype(int) - high)[120:180].mean() > 15
    assert grey(Scene(1), Look(0, daylight=0.2)).mean() < grey(Scene(1), Look(0)).mean() / 2


def test_black_is_black_and_blur_takes_the_structure() -> None:
    assert grey(Scene(1), Look(0, black=True)).max() < 16
    sharp, soft = (np.diff(grey(Scene(1), Look(0, blurred=blurred)).astype(int)) for blurred in (False, True))
    assert np.abs(soft).mean() < np.abs(sharp).mean() / 2
