"""Keeps the land under the map: our own schematic drawing until an administrator has uploaded the province's."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NoReturn

from cloud.atlas.land import LandError, checked
from cloud.atlas.tile_shelf import TileShelf
from device_profiles.folders import make_lasting

FOLDER: Final = "map"
FILE: Final = "land.geojson"
MAX_BYTES: Final = 5_000_000
OURS: Final = "static/map/yen_bai.geojson"


@dataclass(frozen=True, slots=True)
class Land:
    """The land as browsers get it. `by` and `at` are empty while it is our own drawing."""

    content: bytes
    digest: str
    features: int
    by: str = ""
    at: int | None = None


class Atlas:
    """Synchronous: callers on the event loop use a worker thread. Without a folder it knows our drawing only.

    `tiles`: a map of the province beneath the land, where somebody has uploaded one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._land: Land | None = None
        self.tiles = TileShelf(folder)

    def land(self) -> Land:
        """What lies under the map now; a file that somebody spoiled by hand gives way to our own drawing."""
        if self._land is None:
            self._land = self._kept() or _ours()
        return self._land

    def keep(self, content: bytes, *, by: str, at: int) -> Land:
        """Takes an uploaded GeoJSON after it was checked; LandError, and then nothing has changed."""
        land = checked(_parsed(content)) | {"thacba": {"by": by, "at": at}}
        written = json.dumps(land, ensure_ascii=False, separators=(",", ":")).encode()
        if self._folder is None:
            raise LandError(["this centre keeps no map of its own"])
        make_lasting(self._folder, mode=0o700)
        passing = self._folder / f".{FILE}.new"
        with passing.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(self._folder / FILE)
        self._land = _land(written, land)
        return self._land

    def forget(self) -> Land:
        """Goes back to our own drawing."""
        if self._folder is not None:
            (self._folder / FILE).unlink(missing_ok=True)
        self._land = _ours()
        return self._land

    def _kept(self) -> Land | None:
        if self._folder is None:
            return None
        with contextlib.suppress(OSError, ValueError, LandError):
            content = (self._folder / FILE).read_bytes()
            told = _parsed(content)
            checked(told)
            return _land(content, told)
        return None


def _ours() -> Land:
    drawing = json.loads(files("cloud.web").joinpath(OURS).read_bytes())
    land = checked(drawing)
    return _land(json.dumps(land, ensure_ascii=False, separators=(",", ":")).encode(), land)


def _land(content: bytes, told: dict[str, Any]) -> Land:
    about = told.get("thacba") or {}
    digest = hashlib.sha256(content).hexdigest()
    return Land(content, digest, len(told["features"]), str(about.get("by", "")), about.get("at"))


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise LandError([f"the file has more than {MAX_BYTES} bytes"])
    try:
        told: dict[str, Any] = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise LandError([f"the file is no JSON: {str(error)[:100]}"]) from error
    return told


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
