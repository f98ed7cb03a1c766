"""Pictures of events on the gateway: few, small, soon deleted; masks are burnt in before a picture gets here."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_agent.connectors.camera.config import SnapshotPolicy
from edge_agent.vision.picture import Frame

MS_PER_H = 3_600_000
OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One kept picture."""

    path: Path
    at_ms: int
    size: int


def as_jpeg(frame: Frame, *, quality: int, remark: str = "") -> bytes:
    """The picture in a form that everybody can open; the remark travels in it."""
    from PIL import Image  # noqa: PLC0415 -- only when a picture is really wanted

    packed = io.BytesIO()
    Image.fromarray(frame).save(packed, "JPEG", quality=quality, comment=remark.encode())
    return packed.getvalue()


class SnapshotFolder:
    """The pictures of one camera, named `<device>@<time in ms>-<kind>.jpg`; `@` is in no device id."""

    def __init__(self, folder: Path, device: str, policy: SnapshotPolicy) -> None:
        self._folder = folder
        self._device = device
        self._policy = policy
        self._name = re.compile(re.escape(device) + r"@(\d+)-[a-z_]+\.jpg")

    def keep(self, frame: Frame, *, kind: str, at_ms: int) -> str:
        """Writes the picture, readable for the agent's user only, makes room for it, and returns its name."""
        picture = as_jpeg(frame, quality=self._policy.quality, remark=self._remark(kind, at_ms))
        self._folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        path = self._folder / f"{self._device}@{at_ms}-{kind}.jpg"
        partial = path.with_name(path.name + ".part")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as file:
            file.write(picture)
        partial.replace(path)
        self.prune(at_ms)
        return path.name

    def prune(self, now_ms: int) -> None:
        """Deletes what is too old, or from a future that a wrong clock invented, and the oldest beyond the bound."""
        kept = 0
        for snapshot in sorted(self._all(), key=lambda one: one.at_ms, reverse=True):
            kept += snapshot.size
            expired = abs(now_ms - snapshot.at_ms) > self._policy.keep_h * MS_PER_H
            if expired or kept > self._policy.max_bytes:
                snapshot.path.unlink(missing_ok=True)

    def _remark(self, kind: str, at_ms: int) -> str:
        """Why the picture exists and until when it may: whoever finds it shall know."""
        told = {
            "device": self._device,
            "reason": kind,
            "purpose": self._policy.purpose,
            "observed_at": at_ms,
            "delete_at": at_ms + round(self._policy.keep_h * MS_PER_H),
        }
        return json.dumps(told, ensure_ascii=False)

    def _all(self) -> Iterator[Snapshot]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            named = self._name.fullmatch(path.name)
            if named:
                yield Snapshot(path, int(named[1]), path.stat().st_size)
