"""Configuration of one Modbus device: where its bus is, which unit it is, and how it likes to be asked."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, model_validator

from device_profiles.schema import Strict

DEFAULT_PORT = 502
LAST_SERIAL_UNIT = 247  # 248 to 255 are reserved on a serial line; behind TCP some gateways answer to 255


class ModbusConnection(Strict):
    """One unit on a Modbus bus; devices with the same host and port, or the same serial port, share the bus."""

    kind: Literal["modbus"] = Field("modbus", description="Always modbus.")
    transport: Literal["tcp", "rtu"] = Field("tcp", description="tcp: Modbus TCP; rtu: a serial line.")
    host: str = Field("", max_length=253, description="tcp: name or address of the device or its gateway.")
    port: int = Field(DEFAULT_PORT, ge=1, le=65535, description="tcp: port.")
    serial_port: str = Field(
        "", max_length=255, description="rtu: device file; prefer the name below /dev/serial/by-id."
    )
    baud_rate: int = Field(9600, ge=300, le=1_000_000, description="rtu: bits per second.")
    parity: Literal["none", "even", "odd"] = Field("none", description="rtu: parity.")
    stop_bits: Literal[1, 2] = Field(1, description="rtu: stop bits.")
    unit: int = Field(1, ge=0, le=255, description="Unit address; 1 to 247 on a serial line.")
    timeout_s: float = Field(1.0, ge=0.02, le=30, description="Longest wait for one answer.")
    max_registers: int = Field(100, ge=1, le=125, description="Most registers of one request (bits: 16 for each).")
    max_gap: int = Field(8, ge=0, le=60, description="Unused registers that may lie inside one request.")

    @model_validator(mode="after")
    def _transport_has_its_address(self) -> Self:
        needed = "host" if self.transport == "tcp" else "serial_port"
        if not getattr(self, needed):
            raise ValueError(f"transport {self.transport} needs {needed}")
        if self.transport == "rtu" and not 1 <= self.unit <= LAST_SERIAL_UNIT:
            raise ValueError(f"unit {self.unit} is not allowed on a serial line: 1 to {LAST_SERIAL_UNIT}")
        return self

    @property
    def bus(self) -> str:
        """The name of the wire that this device shares with others."""
        return f"{self.host}:{self.port}" if self.transport == "tcp" else self.serial_port


def connection_from_url(url: str) -> ModbusConnection:
    """`modbus://host:port/unit` or `modbus+rtu:///dev/ttyUSB0?unit=3` as a connection; ValueError when it is none."""
    parts = urlsplit(url)
    options = {key: value for key, value in parse_qsl(parts.query) if key != "profile"}
    if parts.scheme == "modbus" and parts.hostname:
        unit = {"unit": parts.path.strip("/")} if parts.path.strip("/") else {}
        where = {"transport": "tcp", "host": parts.hostname, "port": parts.port or DEFAULT_PORT} | unit
    elif parts.scheme == "modbus+rtu" and parts.path:
        where = {"transport": "rtu", "serial_port": parts.path}
    else:
        raise ValueError(f"{url} does not read modbus://host:port/unit or modbus+rtu:///dev/name?unit=1")
    return ModbusConnection.model_validate({**options, **where})
