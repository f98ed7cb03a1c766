"""The files of incidents on disk: kept by digest, bounded, and let go when their incident is long over."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from pathlib import Path
from typing import NoReturn

from pydantic import Field

from cloud.errors import StoreUnavailableError
from cloud.store.incident_files_port import IncidentFileStore
from device_profiles.clock import Clock
from device_profiles.folders import make_lasting
from device_profiles.schema import Strict

log = logging.getLogger(__name__)

FOLDER = "attachments"
MEGABYTE = 1_000_000
MAX_BYTES = 10 * MEGABYTE
DAY_S = 86_400.0
DAY_MS = 86_400_000
UNSETTLED_MS = 3_600_000  # a file that nobody names yet may belong to a request that is under way


class AttachmentConfig(Strict):
    """How much is kept of what people attach to incidents, and for how long."""

    total_mb: int = Field(20_000, ge=1, le=10_000_000, description="Megabytes of all files together.")
    per_incident: int = Field(100, ge=1, le=1000, description="Files of one incident.")
    days: int = Field(1825, ge=0, le=36_500, description="Days after the end of an incident; 0 = for ever.")


class Attachments:
    """Writes and finds contents; once a day takes away what nothing names any more."""

    def __init__(self, folder: Path, store: IncidentFileStore, config: AttachmentConfig, clock: Clock) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock
        self.config = config

    def has_room(self, size: int) -> bool:
        """Whether so much more may be kept. Reads the database: off the event loop."""
        return self._store.attached_bytes() + size <= self.config.total_mb * MEGABYTE

    def keep(self, content: bytes) -> str:
        """Writes a content so that it survives a power cut, and returns its digest. Off the event loop."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest)
        for folder in (self._folder, path.parent):
            make_lasting(folder, mode=0o700)  # pictures of people and plates are nobody else's business
        if path.exists():
            os.utime(path)  # so that it is not taken away before its row is there
        else:
            _write(path, content)
        return digest

    def path(self, digest: str) -> Path:
        """Where a content is."""
        return self._folder / digest[:2] / digest

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            try:
                gone = await asyncio.to_thread(self.tidy)
            except (StoreUnavailableError, OSError) as error:
                log.warning("old attachments not let go", extra={"error": str(error)})
            else:
                if gone:
                    log.info("old attachments let go", extra={"files": gone})
            await self._clock.sleep(DAY_S)

    def tidy(self) -> int:
        """Lets go of what is old enough, and takes away every file that no row names; says how many files went."""
        now = self._clock.now_ms()
        if self.config.days:
            self._store.let_go(ended_before=now - self.config.days * DAY_MS, now=now)
        kept = self._store.kept_digests()
        old = [
            path
            for path in self._folder.glob("*/*")
            if path.name not in kept and now - path.stat().st_mtime * 1000 >= UNSETTLED_MS
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the power goes."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{id(content):x}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    names = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(names)
    finally:
        os.close(names)
