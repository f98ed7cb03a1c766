"""What can be wrong with a simulated camera; switched at run time, each for itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class CameraFaults:
    """The switches; all off is a healthy camera."""

    freeze: bool = False  # the same picture again and again
    black: bool = False  # lens covered
    blurred: bool = False  # out of focus, dirt
    turned: bool = False  # looks elsewhere
    small: bool = False  # the picture's size switches in mid-stream
    other_codec: bool = False  # the stream switches to a codec that its description does not name
    slow: bool = False  # one picture in five seconds
    silent: bool = False  # TCP stays open, nothing is said
    cut: bool = False  # connections are closed, new ones too
    wrong_password: bool = False  # somebody changed it at the camera: 401 to everybody
