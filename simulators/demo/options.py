"""What a demonstration is told, by its command line and its environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from device_profiles.schema import Strict


class Options(Strict):
    """How long, on which servers and on which port."""

    seconds: float | None = Field(None, gt=0, le=86400, description="Ends by itself after so long; None = Ctrl-C.")
    port: int = Field(8080, ge=1, le=65535, description="Port of the page; the next free one when it is taken.")
    broker: str = Field("", description="mqtt://host:port of a broker that is there; empty = an embedded one.")
    broker_username: str = Field("", description="Account at that broker.")
    broker_password: SecretStr = Field(SecretStr(""), description="Its password.")
    influx: str = Field("", description="http://host:port of an InfluxDB that is there; empty = an embedded store.")
    influx_username: str = Field("", description="Account at that InfluxDB.")
    influx_password: SecretStr = Field(SecretStr(""), description="Its password.")
    influx_database: str = Field(
        "thacba", min_length=1, description="Database; the next free one when it has readings."
    )
    scenario: str = Field("yagi_2024", description="Name of the scenario.")
    speed: float | None = Field(None, gt=0, le=24, description="Hours of the story per second; the scenario's own.")
    folder: Path = Field(Path(".demo"), description="Working folder, made fresh.")
    deploy: Path = Field(Path("deploy"), description="Folder with sites and rules.")
