"""A picture as a gateway answers it: what it shows, of when, and what it may be kept for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from cloud.errors import CloudError

CameraKey: TypeAlias = tuple[str, str]  # gateway, device

MOST_BYTES = 256 * 1024
JPEG = b"\xff\xd8\xff"


Reason = Literal["none_now", "masked", "private", "away", "refused", "unreadable"]


class NoPictureError(CloudError):
    """There is no picture: none now, its masks may not fit, it is shown to nobody, nobody answers ..."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture; `observed_at` in ms since 1970 UTC; `keep_h` 0 = it may be shown, not kept."""

    jpeg: bytes
    observed_at: int
    purpose: str = ""
    keep_h: float = 0.0


class _Answer(msgspec.Struct):
    """The JSON of `snapshot` in edge_agent/helping/remote.py; older gateways say nothing of purposes."""

    at: int
    picture: str
    purpose: str = ""
    keep_h: float = 0.0


def shot_of(detail: str) -> Shot:
    """The picture in a gateway's answer; NoPictureError when it is none."""
    try:
        said = msgspec.json.decode(detail, type=_Answer)
        jpeg = base64.b64decode(said.picture, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise NoPictureError("unreadable", "The gateway's answer is no picture.") from error
    if not jpeg.startswith(JPEG) or len(jpeg) > MOST_BYTES:
        raise NoPictureError("unreadable", "The gateway's answer is no JPEG picture, or too large.")
    return Shot(jpeg, said.at, said.purpose[:200], said.keep_h if said.purpose else 0.0)
