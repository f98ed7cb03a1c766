"""What the centre must be told: one TOML file, checked completely before anything is connected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from cloud.access.roles import Role
from cloud.attachments import AttachmentConfig
from cloud.brokering.config import DoorConfig
from cloud.citizen.config import CitizenConfig
from cloud.commissioning.config import CommissioningConfig
from cloud.enrolment.config import EnrolmentConfig
from cloud.errors import ConfigurationError
from cloud.ingest.admission import AdmissionConfig
from cloud.ingest.drain_slots import DrainConfig
from cloud.ingest.keeping import DeadLettersConfig
from cloud.notify.pace import Pace
from cloud.notify.registry import ChannelConfig
from cloud.people.people import CALL_LIST
from cloud.pictures.config import PictureConfig
from cloud.reports.coming import ReportsConfig
from cloud.retention import RetentionConfig
from cloud.rollups.config import RollUpConfig
from cloud.sso.config import SsoConfig
from cloud.store.roll_up import RAW_DAYS
from cloud.wallboard import WallConfig
from device_profiles.exercise import ExerciseConfig, is_here
from device_profiles.load import read_toml
from device_profiles.schema import Identifier, Strict

BROKER_PORTS = {"mqtt": 1883, "mqtts": 8883}
M = TypeVar("M", bound=Strict)


class Login(Strict):
    """Who we are to a server; the password comes from a file or the environment, never from this file."""

    username: str = Field("", description="Name of the account; empty = anonymous.")
    username_env: str = Field("", description="Environment variable that holds the name instead.")
    password_env: str = Field("", description="Environment variable that holds the password.")
    password_file: Path | None = Field(None, description="File that holds the password, and nothing else.")

    def name(self) -> str:
        """The account's name; ConfigurationError when the environment lacks it."""
        return _from_environment(self.username_env) if self.username_env else self.username

    def password(self) -> SecretStr | None:
        """The password, None for an anonymous account; ConfigurationError when its place is empty."""
        if self.password_env:
            return SecretStr(_from_environment(self.password_env))
        if self.password_file is not None:
            return SecretStr(_text_of(self.password_file))
        return None


class HttpConfig(Strict):
    """Where the API and the pages answer."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 = any free one.")
    cookie_secure: bool = Field(True, description="Session cookies only over HTTPS; false only for a laptop.")
    public_url: str = Field("", description="How people reach the centre; used in notices, and passkeys belong to it.")
    request_within_s: float = Field(  # head and body, at most 64 KiB; a bad phone link needs a third of it
        30.0, ge=1, le=600, description="Longest time that a request may take to arrive; then the connection is ended."
    )
    requests_per_s: float = Field(
        50.0, ge=0, le=10_000, description="Requests of one user or program each second, on average; 0 = any number."
    )
    requests_burst: int = Field(500, ge=1, le=100_000, description="Requests that he may send at once after a rest.")


class BrokerConfig(Login):
    """The MQTT broker between the fleet and the centre."""

    url: str = Field("mqtt://127.0.0.1:1883", description="mqtt://host:port, or mqtts://host:port with TLS")
    ca_file: Path | None = Field(None, description="Authorities that the broker must show; without it the system's.")
    certificate_file: Path | None = Field(None, description="Our certificate, for a broker that asks for one.")
    key_file: Path | None = Field(None, description="The key of that certificate; only we can read it.")
    door: DoorConfig | None = Field(None, description="How a broker that asks gateways for certificates is governed.")
    client_id: str = Field("thacba-centre", min_length=1, max_length=64, description="Our name at the broker.")
    keep_alive_s: int = Field(20, ge=5, le=600, description="Longest silence before the link counts as dead.")
    inbox_messages: int = Field(
        20_000, ge=10, le=1_000_000, description="Messages held while the store is slow; beyond it they are let go."
    )
    inbox_bytes: int = Field(
        64 * 1024 * 1024, ge=1024 * 1024, description="The same in bytes; the fleet's disks hold what we let go."
    )

    @field_validator("url")
    @classmethod
    def _is_mqtt(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in BROKER_PORTS or not parts.hostname or parts.username or parts.password:
            raise ValueError("must read mqtt://host:port or mqtts://host:port, without a name or password in it")
        _ = parts.port  # raises ValueError when it is not a port
        return url

    @model_validator(mode="after")
    def _has_both_halves(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together")
        if not self.is_encrypted() and (self.ca_file or self.certificate_file):
            raise ValueError("ca_file and certificate_file need an address that begins with mqtts://")
        return self

    def is_encrypted(self) -> bool:
        """Whether we speak TLS with the broker."""
        return urlsplit(self.url).scheme == "mqtts"

    def host(self) -> str:
        """The broker's host name."""
        return urlsplit(self.url).hostname or ""

    def port(self) -> int:
        """The broker's port."""
        parts = urlsplit(self.url)
        return parts.port or BROKER_PORTS[parts.scheme]


class SqliteStoreConfig(Strict):
    """The embedded store of readings, for one machine without a server."""

    kind: Literal["sqlite"] = "sqlite"
    path: Path | None = Field(None, description="Its file; readings.sqlite3 in data_dir when left out.")
    retention_days: int = Field(RAW_DAYS, ge=0, le=36500, description="How long readings stay; 0 = for ever.")


class InfluxStoreConfig(Login):
    """An InfluxDB server, through the interface that all its generations share."""

    kind: Literal["influx"] = "influx"
    url: str = Field("http://127.0.0.1:8086", pattern=r"^https?://", description="Where the server answers.")
    database: str = Field("thacba", min_length=1, description="Database (a bucket mapping in version 2).")
    retention_policy: str = Field("", description="Retention policy; empty = the default one.")
    retention_days: int = Field(
        RAW_DAYS, ge=0, le=36500, description="How long a database that we make keeps readings; 0 = for ever."
    )
    organisation: str = Field("", description="Organisation, for version 2.")
    gzip: bool = Field(True, description="Compress what we write.")
    timeout_s: float = Field(10.0, gt=0, le=120, description="Longest wait for an answer.")

    @field_validator("url")
    @classmethod
    def _has_no_password(cls, url: str) -> str:
        if urlsplit(url).password:
            raise ValueError("the password does not belong into the address: use password_env or password_file")
        return url


StoreConfig = Annotated[SqliteStoreConfig | InfluxStoreConfig, Field(discriminator="kind")]


class StateConfig(Login):
    """The database of alarms, ledger, users and notices."""

    url: str = Field("", description="SQLAlchemy address without password; empty = centre.sqlite3 in data_dir.")
    busy_s: float = Field(
        10.0, ge=0.1, le=60, description="How long a change waits for others, or for a server that does not answer."
    )


class FlowConfig(Strict):
    """How readings are gathered into windows: one write and one commit each."""

    window_readings: int = Field(100_000, ge=1, le=1_000_000, description="A window is full with so many readings.")
    window_messages: int = Field(700, ge=1, le=10_000, description="A window is full with so many messages.")
    linger_s: float = Field(0.02, ge=0, le=5, description="How long a window waits for company.")
    probe_s: float = Field(30.0, gt=0, le=3600, description="How often a store that refuses us is asked again.")
    patience_s: float = Field(
        3.0, gt=0, le=60, description="A write that lasts longer, while no canary is taken, means: the store is away."
    )
    away_alarm_s: float = Field(60.0, ge=0, le=86400, description="So long away, and people are told.")
    recall_batches: int = Field(
        2000, ge=1, le=1_000_000, description="Held batches that are asked for at a time, over the whole fleet."
    )
    tick_s: float = Field(1.0, gt=0, le=60, description="How often silence is judged.")


class NotifyConfig(Pace):
    """Where notices of alarms go, and at what pace."""

    late_s: float = Field(900.0, gt=0, le=86400 * 30, description="Older news is recorded, and pages nobody.")
    keep_days: int = Field(90, ge=1, le=3650, description="How long notices that were sent or given up stay.")
    platform_teams: tuple[Identifier, ...] = Field(
        (), description="Teams that are told of the platform's own alarms, beside the channels."
    )
    channels: tuple[ChannelConfig, ...] = Field((), description="Webhooks and mailboxes.")

    @field_validator("channels")
    @classmethod
    def _names_are_unique(cls, channels: tuple[ChannelConfig, ...]) -> tuple[ChannelConfig, ...]:
        names = [channel.name for channel in channels]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"channels named twice: {', '.join(twice)}")
        if CALL_LIST in names:
            raise ValueError(f"no channel can be called {CALL_LIST}: that is the list of people to be telephoned")
        return channels


class CentreConfig(Strict):
    """Everything that `thacba-cloud serve` must be told."""

    data_dir: Path = Field(description="Where the centre keeps its files; made when missing.")
    http: HttpConfig = Field(default_factory=lambda: HttpConfig.model_validate({}), description="API and pages.")
    broker: BrokerConfig = Field(
        default_factory=lambda: BrokerConfig.model_validate({}), description="The MQTT broker."
    )
    store: StoreConfig = Field(
        default_factory=lambda: SqliteStoreConfig.model_validate({}), description="Where readings are kept."
    )
    state: StateConfig = Field(
        default_factory=lambda: StateConfig.model_validate({}), description="Where everything else is kept."
    )
    roll_ups: RollUpConfig = Field(
        default_factory=lambda: RollUpConfig.model_validate({}), description="Windows that stand in for readings."
    )
    flow: FlowConfig = Field(default_factory=lambda: FlowConfig.model_validate({}), description="Windows of readings.")
    admission: AdmissionConfig = Field(
        default_factory=lambda: AdmissionConfig.model_validate({}), description="What one gateway may bring."
    )
    drain: DrainConfig = Field(
        default_factory=lambda: DrainConfig.model_validate({}), description="Who sends backlog at the same time."
    )
    dead_letters: DeadLettersConfig = Field(
        default_factory=lambda: DeadLettersConfig.model_validate({}), description="Readings that could not be stored."
    )
    retention: RetentionConfig = Field(
        default_factory=lambda: RetentionConfig.model_validate({}), description="How long what is over is remembered."
    )
    attachments: AttachmentConfig = Field(
        default_factory=lambda: AttachmentConfig.model_validate({}), description="Files of incidents."
    )
    pictures: PictureConfig = Field(
        default_factory=lambda: PictureConfig.model_validate({}), description="Pictures of cameras."
    )
    wall: WallConfig = Field(default_factory=lambda: WallConfig.model_validate({}), description="The video wall.")
    citizen: CitizenConfig = Field(
        default_factory=lambda: CitizenConfig.model_validate({}), description="The public page, reports and surveys."
    )
    enrolment: EnrolmentConfig = Field(
        default_factory=lambda: EnrolmentConfig.model_validate({}), description="How gateways are let in."
    )
    commissioning: CommissioningConfig = Field(
        default_factory=lambda: CommissioningConfig.model_validate({}), description="Records of what was installed."
    )
    notify: NotifyConfig = Field(default_factory=lambda: NotifyConfig.model_validate({}), description="Notices.")
    sites_dir: Path = Field(description="Folder of site files, one site each, and areas.toml.")
    rules_dir: Path | None = Field(None, description="Folder of rule files; without it nothing raises an alarm.")
    rules_need_two_people: bool = Field(
        True, description="A rule that one person changes on the page runs when another one has switched it on."
    )
    indices_dir: Path | None = Field(None, description="Folder of index files; without it no index is worked out.")
    people_dir: Path | None = Field(None, description="Folder of people and teams; without it only channels are told.")
    regulation: Path | None = Field(
        None, description="File of deadlines and escalations of incidents; without it the built-in proposal holds."
    )
    disaster_plan: Path | None = Field(
        None, description="File of the disaster page's figures and evacuation steps; without it the packaged proposal."
    )
    leader_plan: Path | None = Field(
        None, description="File of the figures on the leader's page; without it the packaged proposal."
    )
    reports: ReportsConfig = Field(
        default_factory=lambda: ReportsConfig.model_validate({}), description="The monthly reports."
    )
    sectors_dir: Path | None = Field(
        None, description="Folder of the sectors' pages; without it a plain page for each component project."
    )
    profile_dirs: tuple[Path, ...] = Field((), description="Folders of device profiles beside the packaged ones.")
    second_factor_roles: tuple[Role, ...] = Field(
        (), description="Roles whose people show a code of their telephone after the password, such as admin."
    )
    sso: SsoConfig | None = Field(None, description="Log-in with the province's own accounts (OpenID Connect).")
    exercise: ExerciseConfig | None = Field(None, description="Only for a centre of an exercise: its story's time.")

    @model_validator(mode="after")
    def _exercise_stays_here(self) -> Self:
        if self.exercise is not None and not is_here(self.broker.host()):
            raise ValueError("a centre of an exercise listens to a broker on its own machine only")
        return self


def load_config(path: Path) -> CentreConfig:
    """The configuration in a file, relative paths resolved against it; FileFaultsError with every fault."""
    return _anchored(read_toml(path, CentreConfig), path.resolve().parent)


def _anchored(model: M, folder: Path) -> M:
    """The model with every relative path in it, however deep, taken from the folder of its file."""
    return model.model_copy(update={name: _anchored_value(value, folder) for name, value in model})


def _anchored_value(value: object, folder: Path) -> object:
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, Strict):
        return _anchored(value, folder)
    if isinstance(value, tuple):
        return tuple(_anchored_value(each, folder) for each in value)
    return value


def _from_environment(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise ConfigurationError(f"environment variable {name} is not set") from None


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
