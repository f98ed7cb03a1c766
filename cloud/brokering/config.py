"""Where the centre finds the broker's revocation list, log and process."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from device_profiles.schema import Strict


class DoorConfig(Strict):
    """How the centre governs a broker that asks gateways for certificates; `thacba-cloud broker config` makes both."""

    crl_file: Path = Field(description="The revocation list as the broker reads it; we write it.")
    log_file: Path | None = Field(
        None, description="The broker's log, which we read and empty; without it nobody hears of what was refused."
    )
    pid_file: Path | None = Field(
        None, description="The broker's process, to make it read the list; without it its own path unit must."
    )
    fleet_port: int = Field(8883, ge=1, le=65535, description="Port of the gateways' listener, as the log names it.")
    reload_s: float = Field(10.0, gt=0, le=50, description="Longest wait until the broker has read the list.")
