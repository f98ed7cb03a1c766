"""Configuration of one SDI-12 sensor: where its line is, its address, and how it likes to be asked."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, model_validator

from device_profiles.basics import Strict


class Sdi12Connection(Strict):
    """One sensor on an SDI-12 line; sensors with the same serial port share the line."""

    kind: Literal["sdi12"] = Field("sdi12", description="Always sdi12.")
    serial_port: str = Field(
        min_length=1, max_length=255, description="Device file; prefer the name below /dev/serial/by-id."
    )
    address: str = Field("0", pattern=r"^[0-9A-Za-z]$", description="Address of the sensor: one digit or letter.")
    wiring: Literal["adapter", "direct"] = Field(
        "adapter", description="adapter or logger that wakes sensors itself; direct: the line is ours, with break."
    )
    baud_rate: int | None = Field(None, ge=300, le=115_200, description="Default 9600 for an adapter, 1200 direct.")
    data_bits: Literal[7, 8] | None = Field(None, description="Default 8 for an adapter, 7 direct.")
    parity: Literal["none", "even", "odd"] | None = Field(None, description="Default none for an adapter, even direct.")
    timeout_s: float = Field(1.5, ge=0.05, le=30, description="Longest wait for one answer.")
    attempts: int = Field(3, ge=1, le=10, description="How often a command is said before the sensor counts as lost.")
    crc: bool = Field(False, description="Ask with checksums; sensors of SDI-12 version 1.3 and later know them.")
    identity: str = Field("", max_length=64, description="What its answer to `aI!` must hold, such as the model.")
    longest_s: float = Field(120.0, ge=1, le=999, description="Longest measurement that is waited for.")

    @model_validator(mode="after")
    def _path_is_absolute(self) -> Self:
        if not self.serial_port.startswith("/"):
            raise ValueError(f"serial_port {self.serial_port} is no path: it begins with /")
        return self

    @property
    def claims(self) -> dict[tuple[str, ...], str]:
        """The address that only one sensor of a line can have."""
        return {("sdi12", self.serial_port, self.address): f"address {self.address} on {self.serial_port}"}

    @property
    def line(self) -> tuple[str, str, int, int, str]:
        """What makes the line this one: sensors for which it is equal share it."""
        direct = self.wiring == "direct"
        baud_rate = self.baud_rate or (1200 if direct else 9600)
        data_bits = self.data_bits or (7 if direct else 8)
        parity = self.parity or ("even" if direct else "none")
        return self.serial_port, self.wiring, baud_rate, data_bits, parity


def connection_from_url(url: str) -> Sdi12Connection:
    """`sdi12:///dev/ttyUSB0?address=1` as a connection; ValueError when it is none."""
    parts = urlsplit(url)
    if parts.scheme != "sdi12" or not parts.path:
        raise ValueError(f"{url} does not read sdi12:///dev/name?address=0")
    options = {key: value for key, value in parse_qsl(parts.query) if key != "profile"}
    return Sdi12Connection.model_validate({**options, "serial_port": parts.path})
