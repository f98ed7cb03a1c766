"""What one gateway is told: its file gateway.toml, as strict frozen models."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from device_profiles.exercise import ExerciseConfig, is_here
from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError, parse_table, read_text, read_toml
from device_profiles.schema import Identifier, Key, Limits, Report, Strict, Text
from edge_agent.connectors.rooms import AnyConnection
from edge_agent.updating.config import UpdateConfig

BROKER_URL = re.compile(r"(?P<scheme>mqtts?)://(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?/?")
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}

M = TypeVar("M", bound=BaseModel)
UNNAMED = Text(vi="Cổng chưa đặt tên", en="Unnamed gateway")


class GatewayIdentity(Strict):
    """Who the gateway is and where it keeps what it has not delivered yet."""

    id: Identifier | Literal[""] = Field(
        "", description="Identifier, the same as in the centre's inventory; empty for a box that has not joined yet."
    )
    name: Text = Field(default_factory=lambda: UNNAMED, description="Name on the screens.")
    data_dir: Path = Field(description="Folder of the outbox; relative to this file.")
    health_period_s: float = Field(10.0, gt=0, le=3600, description="How often the agent reports on itself.")
    batch_s: float = Field(1.0, gt=0, le=300, description="How long readings are collected before they are kept.")
    watchdog_s: float = Field(60.0, ge=1, le=3600, description="An agent that stands still for so long ends itself.")


class BrokerConfig(Strict):
    """How the centre is reached."""

    url: str = Field(description="mqtt://host:port, or mqtts://host:port for TLS.")
    ca_file: Path | None = Field(
        None, description="PEM file of the authorities that may vouch for the broker, instead of the system's."
    )
    username: str = Field("", description="User of the broker; empty for none.")
    password_env: str = Field("", description="Environment variable that holds the password.")
    password_file: Path | None = Field(None, description="File that holds the password; relative to this file.")
    receipt_timeout_s: float = Field(
        20.0, gt=0, le=3600, description="Without a receipt for so long a batch is sent again."
    )
    keep_alive_s: int = Field(20, ge=2, le=1200, description="A link silent for 1.5 x this is given up.")
    compression: Literal["none", "gzip", "zstd"] = Field("zstd", description="How batches above 512 bytes are packed.")
    bytes_per_day: int | None = Field(
        None, ge=100_000, description="Most bytes sent from midnight to midnight in Vietnam; default without limit."
    )

    @field_validator("url")
    @classmethod
    def _url_is_a_broker(cls, url: str) -> str:
        _host_and_port(url)
        return url

    @model_validator(mode="after")
    def _authorities_are_asked(self) -> Self:
        if self.ca_file and not self.encrypted:
            raise ValueError("ca_file is for mqtts://, and the url says mqtt://")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the broker."""
        return _host_and_port(self.url)

    @property
    def encrypted(self) -> bool:
        """True when the link is TLS."""
        return self.url.startswith("mqtts://")

    def password(self) -> SecretStr | None:
        """The password from the environment or its file; None when neither is named."""
        return read_secret(env=self.password_env, file=self.password_file)

    def authorities(self) -> str:
        """What stands in `ca_file`, empty when none is named; FileFaultsError when it holds no certificate."""
        return _read_certificates(self.ca_file) if self.ca_file else ""


class OutboxConfig(Strict):
    """How much the gateway keeps while the centre does not take it; beyond it the oldest goes, and is declared."""

    max_bytes: int = Field(512 * 1024 * 1024, ge=64 * 1024, description="Most bytes of kept batches.")
    max_days: float = Field(30.0, gt=0, le=365, description="Oldest age of kept batches.")


class ListenConfig(Strict):
    """Where devices may push to; used only when some device is pushed."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(8088, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    request_within_s: int = Field(
        15, ge=1, le=600, description="Longest wait for a request's head, then for its body, and between two requests."
    )


class CentreConfig(Strict):
    """What the gateway knows of the centre."""

    command_key: str = Field("", description="Base64 Ed25519 public key; without it every command is refused.")


class DeviceConfig(Strict):
    """One device of the gateway."""

    id: Identifier = Field(description="Identifier, unique on this gateway.")
    profile: Key = Field(description="Device model, from the catalogue.")
    name: Text = Field(description="Name on the screens.")
    period_s: float | None = Field(None, gt=0, le=86400, description="How often it is read; default of the profile.")
    limits: dict[Key, Limits] = Field(default_factory=dict, description="Per point: replaces limits of the profile.")
    report: dict[Key, Report] = Field(
        default_factory=dict, description="Per point: replaces report rules of the profile."
    )
    offset: dict[Key, float] = Field(
        default_factory=dict, description="Per point: added to what the device says here, such as a gauge's zero."
    )
    connection: AnyConnection = Field(description="How it is reached; its fields depend on `kind`.")


class GatewayConfig(Strict):
    """Everything that stands in gateway.toml."""

    gateway: GatewayIdentity = Field(description="Who the gateway is.")
    broker: BrokerConfig | None = Field(None, description="How the centre is reached; without it nothing is sent.")
    outbox: OutboxConfig = Field(default_factory=lambda: OutboxConfig.model_validate({}), description="What is kept.")
    listen: ListenConfig = Field(default_factory=lambda: ListenConfig.model_validate({}), description="For pushes.")
    centre: CentreConfig = Field(default_factory=lambda: CentreConfig.model_validate({}), description="The centre.")
    updates: UpdateConfig = Field(default_factory=lambda: UpdateConfig.model_validate({}), description="New versions.")
    exercise: ExerciseConfig | None = Field(None, description="Only for a gateway of an exercise: its story's time.")
    devices: tuple[DeviceConfig, ...] = Field((), description="The devices of the gateway.")

    @model_validator(mode="after")
    def _exercise_stays_here(self) -> Self:
        if self.exercise is not None and self.broker is not None and not is_here(self.broker.address[0]):
            raise ValueError("a gateway of an exercise speaks to a broker on its own machine only")
        return self

    @model_validator(mode="after")
    def _devices_are_unique(self) -> Self:
        ids = [device.id for device in self.devices]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"devices named twice: {', '.join(twice)}")
        return self


def load_gateway(path: Path) -> GatewayConfig:
    """The gateway's file with its paths made absolute; FileFaultsError with every fault in it."""
    return anchored(read_toml(path, GatewayConfig), path.resolve().parent)


def data_dir_of(file: Path, data: Path | None) -> Path:
    """Where the file says, else what the program was told; FileFaultsError when neither says it."""
    faults: list[Fault] = []
    try:
        gateway = parse_table(read_text(file), file=str(file)).get("gateway", {})
        said = gateway.get("data_dir") if isinstance(gateway, dict) else None
        if isinstance(said, str) and said:
            return file.resolve().parent / said
        faults.append(Fault(str(file), "gateway.data_dir", "is missing", "or give --data"))
    except FileFaultsError as error:
        faults += error.faults
    if data is None:
        raise FileFaultsError(faults)
    return data.resolve()


def anchored(model: M, folder: Path) -> M:
    """The model with every relative path in it, at any depth, taken from this folder."""
    changed: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path):
            changed[name] = folder / value
        elif isinstance(value, BaseModel):
            changed[name] = anchored(value, folder)
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            changed[name] = tuple(anchored(item, folder) for item in value)
    return model.model_copy(update=changed)


def read_secret(*, env: str, file: Path | None) -> SecretStr | None:
    """A secret from an environment variable or a file; FileFaultsError when the named place does not hold it."""
    if env:
        value = os.environ.get(env, "")
        if not value:
            raise FileFaultsError([Fault("environment", env, "is not set", "export it before the agent starts")])
        return SecretStr(value)
    if file is None:
        return None
    try:
        return SecretStr(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise FileFaultsError([Fault(str(file), "", f"cannot be read ({why})", "it holds a secret")]) from error


def _read_certificates(file: Path) -> str:
    try:
        pem = file.read_text(encoding="ascii", errors="ignore")  # remarks between certificates may be in any language
        ssl.create_default_context(cadata=pem)
    except ssl.SSLError as error:
        reason = "holds no certificate, or a damaged one"
        raise FileFaultsError([Fault(str(file), "", reason, "broker.ca_file is a PEM file")]) from error
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise FileFaultsError([Fault(str(file), "", reason, "broker.ca_file names it")]) from error
    return pem


def _host_and_port(url: str) -> tuple[str, int]:
    match = BROKER_URL.fullmatch(url)
    port = int(match["port"] or DEFAULT_PORTS[match["scheme"]]) if match else 0
    if match is None or not 0 < port <= 65535 or not _may_be_looked_up(match["host"]):
        raise ValueError(f"{url} does not read mqtt://host:port")
    return match["host"].strip("[]"), port


def _may_be_looked_up(host: str) -> bool:
    """An empty or overlong label makes the resolver raise what is no OSError."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
