"""Pictures on disk: `<gateway>@<device>/<observed at>-<let go at>.jpg`, few, bounded, and soon gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cloud.pictures.config import PictureConfig
from cloud.pictures.shot import CameraKey, Shot
from device_profiles.folders import make_lasting

FOLDER = "pictures"
HOUR_MS = 3_600_000
MEGABYTE = 1_000_000
_NAME = re.compile(r"(\d{1,15})-(\d{1,15})\.jpg")


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    observed_at: int
    let_go_at: int


class Album:
    """Synchronous: callers on the event loop use a worker thread. A picture is no record: it may be lost."""

    def __init__(self, folder: Path, config: PictureConfig) -> None:
        self._folder = folder
        self.config = config

    def keep(self, camera: CameraKey, shot: Shot, *, now: int) -> None:
        """Writes it, unless its gateway or the centre says that it is not kept."""
        hours = min(shot.keep_h, self.config.keep_h)
        let_go_at = min(shot.observed_at, now) + round(hours * HOUR_MS)
        if hours <= 0 or let_go_at <= now:
            return
        folder = self._of(camera)
        for each in (self._folder, folder):
            make_lasting(each, mode=0o700)  # pictures of people and plates are nobody else's business
        path = folder / f"{shot.observed_at}-{let_go_at}.jpg"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(shot.jpeg)
        unfinished.replace(path)

    def newest(self, camera: CameraKey, *, now: int) -> Shot | None:
        """The newest picture that may still be shown."""
        kept = [each for each in _pictures(self._of(camera)) if each.let_go_at > now]
        for each in sorted(kept, key=lambda one: one.observed_at, reverse=True):
            try:
                return Shot(each.path.read_bytes(), each.observed_at)
            except FileNotFoundError:
                continue  # let go of in this moment
        return None

    def tidy(self, *, now: int) -> int:
        """Lets go of what is over, of what a wrong clock dated, and of the oldest beyond the bound."""
        gone, room = 0, self.config.total_mb * MEGABYTE
        folders = list(self._folder.iterdir()) if self._folder.is_dir() else []
        every = [each for folder in folders for each in _pictures(folder)]
        for each in sorted(every, key=lambda one: one.let_go_at, reverse=True):
            room -= each.path.stat().st_size
            ahead = each.let_go_at - now
            if ahead <= 0 or ahead > self.config.keep_h * HOUR_MS or room < 0:
                each.path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _of(self, camera: CameraKey) -> Path:
        return self._folder / "@".join(camera)  # `@` is in no id


def _pictures(folder: Path) -> Iterator[_Kept]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        named = _NAME.fullmatch(path.name)
        if named:
            yield _Kept(path, int(named[1]), int(named[2]))
