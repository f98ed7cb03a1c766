"""Configuration of an environment station whose files come into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict


class StationFileConnection(Strict):
    """One station; several may use one folder when each begins its files' names with its own code."""

    kind: Literal["station_file"] = Field("station_file", description="Always station_file.")
    folder: Path = Field(description="Folder that the FTP server fills; relative to the configuration file.")
    station: str = Field(
        pattern=r"^[A-Za-z0-9-]+(_[A-Za-z0-9-]+)*$", max_length=64, description="Code before _yyyyMMddHHmmss.txt."
    )
    look_every_s: float = Field(10.0, ge=0.1, le=3600, description="How often the folder is looked at.")
    settled_s: float = Field(5.0, ge=0, le=600, description="A file is whole when it has not changed for so long.")
    unfinished_s: float = Field(300.0, ge=0, le=86400, description="One whose last line is cut waits so long for more.")
    silent_s: float = Field(900.0, ge=1, le=86400, description="Without a file for longer the station counts as lost.")
    utc_offset_h: float = Field(7.0, ge=-12, le=14, description="The station's clock against UTC; Vietnam: 7.")
    decimal: Literal[".", ","] = Field(".", description="What stands before the fraction of a number.")
    ahead_s: float = Field(600.0, ge=0, le=86400, description="Times further ahead of ours are not believed.")
    keep_days: int = Field(60, ge=0, le=3660, description="How long files that were read stay in `done`; 0 = not.")
    max_bytes: int = Field(65_536, ge=256, le=16_777_216, description="Longest file that is read.")

    @property
    def claims(self) -> dict[tuple[str, ...], str]:
        """The files that only one device can take away."""
        return {("station_file", str(self.folder), self.station): f"the station {self.station} in {self.folder}"}
