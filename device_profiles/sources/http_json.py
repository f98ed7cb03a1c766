"""Where a point lies in a JSON document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict


class JsonSource(Strict):
    """Where a point lies in a JSON document."""

    protocol: Literal["http_json", "kiosk"] = "http_json"
    path: str = Field(min_length=1, description="Dotted path into the document, list positions as numbers: a.b.0.c")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
