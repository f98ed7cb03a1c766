"""What an interlock must still know after a power cut: whether it is tripped, and until when it is disarmed."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from edge_agent.interlocks.trip import Phase, Trip
from edge_agent.lasting import write_lasting

log = logging.getLogger(__name__)


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file. `disarmed_until` in ms since 1970 UTC, 0 when it is armed."""

    phase: Phase = Phase.READY
    trips: int = 0
    disarmed_until: int = 0


class Memory:
    """One small file per interlock; a damaged one counts as none, and is said."""

    def __init__(self, folder: Path, interlock: str) -> None:
        self._path = folder / f"{interlock}.json"

    def read(self) -> Kept:
        """What was kept; a ready and armed interlock when nothing was."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept()
        except (OSError, msgspec.DecodeError) as error:
            log.critical("interlock forgot", extra={"file": self._path.name, "error": str(error)})
            return Kept()

    def write(self, trip: Trip, *, disarmed_until: int) -> None:
        """Returns when it is on disk; a disk that refuses is said, and stops nothing."""
        try:
            write_lasting(self._path, msgspec.json.encode(Kept(trip.phase, trip.trips, disarmed_until)))
        except OSError as error:
            log.critical("interlock not kept", extra={"file": self._path.name, "error": str(error)})
