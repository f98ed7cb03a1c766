"""What a camera may be told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edge_agent.connectors.camera.config import CameraConnection, ModelConfig, SnapshotPolicy
from edge_agent.vision.config import Box, CountConfig, GaugeBoard, Line, SightConfig, Zone
from tests.readme_check import assert_documented

URL = "rtsp://10.0.0.9:554/live/main?channel=1"


def test_a_camera_without_login() -> None:
    connection = CameraConnection(url=URL)
    assert (connection.width, connection.height, connection.frames_per_s) == (320, 180, 2)
    assert connection.snapshots.keep_h == 72


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"url": "http://10.0.0.9/"}, "begins with rtsp://"),
        ({"url": "rtsp:///live"}, "names a host"),
        ({"url": "rtsp://user:secret@10.0.0.9/"}, "do not belong in the address"),
        ({"url": "rtsp://10.0.0.9/'\nfile 'x"}, "percent-encoded"),
        ({"url": "rtsp://10.0.0.9/a b"}, "percent-encoded"),
        ({"username": "user"}, "goes with one of"),
        ({"password_env": "PW"}, "goes with one of"),
        ({"username": "user", "password_env": "PW", "password_file": "pw"}, "not both"),
        ({"username": "us:er", "password_env": "PW"}, "neither colons"),
        ({"snapshots": {"keep_h": 73}}, "less than or equal to 72"),
        ({"no_picture_s": 11}, "less than or equal to 10"),
        ({"frames_per_s": 0.5}, "greater than or equal to 1"),
        ({"width": 322}, "multiple of 4"),
        ({"motion": 1}, "not permitted"),
        ({"lines": [{"name": "a", "start": (0, 0), "end": (0, 1), "metre": 0.02}] * 2}, "a name of its own"),
        ({"lines": [{"name": "a", "start": (0, 0), "end": (0, 0), "metre": 0.02}]}, "two ends"),
        ({"zones": [{"name": "a", "outline": [(0, 0), (1, 1)]}]}, "at least 3"),
    ],
)
def test_what_is_wrong_is_refused_with_a_reason(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        CameraConnection.model_validate({"url": URL, **settings})


def test_every_field_stands_in_the_readme() -> None:
    assert_documented("edge_agent/connectors/camera", CameraConnection, SnapshotPolicy, ModelConfig, Box)
    assert_documented("edge_agent/vision", SightConfig, Box, Zone, Line, CountConfig, GaugeBoard)
