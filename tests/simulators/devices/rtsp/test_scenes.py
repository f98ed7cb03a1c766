"""The street and the staff gauge: what they show, and what is known about it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from simulators.devices.rtsp.board import MIDDLE_PX, gauge_picture
from simulators.devices.rtsp.jpeg_rtp import take_apart
from simulators.devices.rtsp.scene import Look, Pixels
from simulators.devices.rtsp.scenes import SceneName, scene_of
from simulators.devices.rtsp.street import HEIGHT, WIDTH, Street


def grey(name: SceneName, look: Look) -> Pixels:
    with Image.open(io.BytesIO(scene_of(name, 1).jpeg(look))) as image:
        return np.asarray(image.convert("L"))


@pytest.mark.parametrize("name", ["street", "board"])
def test_every_scene_goes_over_rtp_lives_and_can_be_turned_and_covered(name: SceneName) -> None:
    packed = take_apart(scene_of(name, 1).jpeg(Look(1.0)))
    assert (packed.width, packed.height) == (WIDTH, HEIGHT)
    now, later = (grey(name, Look(at_s)).astype(int) for at_s in (1.0, 2.0))
    assert np.abs(now - later).mean() > 0.5
    assert np.abs(now - grey(name, Look(1.0, turned=True))).mean() > 5
    assert grey(name, Look(1.0, black=True)).max() < 16
    assert grey(name, Look(1.0, daylight=0.1)).mean() < now.mean() / 2


def test_the_street_is_the_same_again_and_knows_who_crossed() -> None:
    street, again = Street(3, duration_s=120), Street(3, duration_s=120)
    assert np.array_equal(street.picture(7.5), again.picture(7.5))
    assert street.crossings(0, 120) == again.crossings(0, 120)
    assert sum(street.crossings(0, 60).values()) + sum(street.crossings(60, 120).values()) == len(street.passers)
    passer = street.passers[0]
    assert passer.middle_px(passer.at_s) == WIDTH / 2


def test_more_water_hides_more_of_the_board() -> None:
    bands = [gauge_picture(level, mirror=0.0)[:, MIDDLE_PX].astype(float) for level in (1.5, 3.5)]
    assert bands[0].std() > 1.5 * bands[1].std()
