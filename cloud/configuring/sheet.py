"""The text of a configuration, checked as far as the centre can: TOML with the tables of gateway.toml.

Devices, profiles and points are checked against the catalogue, secrets against the rule that none stands in the text.
What a connection needs is known to the gateway alone: its `plan` says the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec
import tomli_w
from pydantic import Field, JsonValue

from cloud.errors import CloudError
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import FileFaultsError, build, parse_table
from device_profiles.schema import DeviceProfile, Identifier, Key, Limits, Report, Strict, Text
from device_profiles.sources.registry import SPEAKS
from device_profiles.wire.messages import Settings

FILE: Final = "configuration"
SEALED: Final = "sealed:"
SECRET_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Keys that hold a secret itself; those that end so name the place where it is kept.
SECRET_KEY: Final = re.compile(r"(password|passwd|secret|token|api_?key|community|passphrase|credentials?)$")
PLACE_KEY: Final = re.compile(r"_(file|env)$")
LOG_IN: Final = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@\s]+:[^/@\s]+@", re.IGNORECASE)
OF_THE_BOX: Final = ("id", "data_dir", "name")  # the gateway's own file says these

Profiles: TypeAlias = Mapping[str, DeviceProfile]
Table: TypeAlias = dict[str, JsonValue]


class ConfigurationRefusedError(CloudError):
    """The text of a configuration is wrong: the API answers 422 with every fault."""

    def __init__(self, faults: Collection[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class DesiredDevice(Strict):
    """One device of a gateway, as far as the centre knows what that is."""

    id: Identifier = Field(description="Identifier, unique on this gateway.")
    profile: Key = Field(description="Device model, from the catalogue.")
    name: Text = Field(description="Name on the screens.")
    period_s: float | None = Field(None, gt=0, le=86400, description="How often it is read; default of the profile.")
    limits: dict[Key, Limits] = Field(default_factory=dict, description="Per point: replaces limits of the profile.")
    report: dict[Key, Report] = Field(default_factory=dict, description="Per point: replaces report rules.")
    offset: dict[Key, float] = Field(default_factory=dict, description="Per point: added to what the device says here.")
    connection: Table = Field(description="How it is reached; its fields depend on `kind`.")


class DesiredSettings(Strict):
    """Everything that the centre may want of a gateway; a table that is left out stays as the gateway has it."""

    devices: tuple[DesiredDevice, ...] | None = Field(None, description="The devices of the gateway, all of them.")
    broker: Table | None = Field(None, description="How the centre is reached.")
    outbox: Table | None = Field(None, description="How much is kept.")
    listen: Table | None = Field(None, description="Where devices push to.")
    gateway: Table | None = Field(None, description="Options of the gateway, without id, name and data_dir.")
    release: str = Field("", max_length=40, description="The wanted version of the program.")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text that was understood."""

    text: str
    settings: Settings
    secrets: tuple[str, ...]  # names of secrets that it refers to


def read(text: str, profiles: Profiles, *, given: Collection[str] = (), known: Collection[str] = ()) -> Reading:
    """The text, when nothing is wrong with it; ConfigurationRefusedError with every fault at once.

    `given`: secrets that come with it; `known`: those that the gateway has already.
    """
    try:
        table = parse_table(text, file=FILE)
    except FileFaultsError as error:
        raise ConfigurationRefusedError(error.faults) from error
    faults = list(_of_secrets(table))
    used = tuple(sorted(_sealed_names(table)))
    faults += _of_names(used, given, known)
    try:
        model = build(table, DesiredSettings, file=FILE)
    except FileFaultsError as error:
        raise ConfigurationRefusedError([*error.faults, *faults]) from error
    faults += [*_of_gateway(model), *_of_devices(model, profiles)]
    if faults:
        raise ConfigurationRefusedError(faults)
    return Reading(text, msgspec.convert(table, Settings), used)


def settings_in(text: str) -> Settings:
    """What a text that was kept once says; whatever the catalogue has become since."""
    try:
        return msgspec.convert(parse_table(text, file=FILE), Settings)
    except (FileFaultsError, msgspec.ValidationError):
        return Settings()  # written by a newer version: shown as text, compared with nothing


def secrets_in(text: str) -> set[str]:
    """The names of the secrets that a text refers to."""
    return _sealed_names(table_of(settings_in(text)))


def table_of(settings: Settings) -> dict[str, object]:
    """The settings as plain tables, without what is not named."""
    found: dict[str, object] = msgspec.to_builtins(settings)
    return found


def text_of(table: Mapping[str, object]) -> str:
    """Tables as TOML: what a gateway or a roll-out changed has no author's comments."""
    return tomli_w.dumps(_without_null(table))


def _without_null(value: Mapping[str, object]) -> dict[str, object]:
    """TOML has no null: a key without a value is left out."""
    return {key: _plain(cell) for key, cell in value.items() if cell is not None}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _without_null(value)
    return [_plain(each) for each in value if each is not None] if isinstance(value, list) else value


def _of_gateway(model: DesiredSettings) -> Iterator[Fault]:
    for key in sorted(set(model.gateway or {}) & set(OF_THE_BOX)):
        yield Fault(FILE, f"gateway.{key}", "is said by the gateway's own file", "leave it out")


def _of_devices(model: DesiredSettings, profiles: Profiles) -> Iterator[Fault]:
    seen: set[str] = set()
    for device in model.devices or ():
        where = f"devices[{device.id}]"
        if device.id in seen:
            yield Fault(FILE, where, "is named twice", "each device has an id of its own")
        seen.add(device.id)
        profile = profiles.get(device.profile)
        if profile is None:
            hint = did_you_mean(device.profile, sorted(profiles))
            yield Fault(FILE, f"{where}.profile", f"{device.profile} is not in the catalogue", hint)
        else:
            yield from _of_points(device, profile, where)
            yield from _of_connection(device, profile, where)


def _of_points(device: DesiredDevice, profile: DeviceProfile, where: str) -> Iterator[Fault]:
    keys = [point.key for point in profile.points]
    for table, named in (("limits", device.limits), ("report", device.report), ("offset", device.offset)):
        for key in sorted(set(named) - set(keys)):
            reason = f"{device.profile} has no point {key}"
            yield Fault(FILE, f"{where}.{table}.{key}", reason, did_you_mean(key, keys))


def _of_connection(device: DesiredDevice, profile: DeviceProfile, where: str) -> Iterator[Fault]:
    kind = device.connection.get("kind")
    kinds = sorted(each for each, protocol in SPEAKS.items() if protocol == profile.protocol)
    if not isinstance(kind, str):
        yield Fault(FILE, f"{where}.connection.kind", "is missing", f"for {profile.protocol}: {', '.join(kinds)}")
    elif kinds and kind not in kinds:
        reason = f"{kind} does not speak {profile.protocol}, which {device.profile} needs"
        yield Fault(FILE, f"{where}.connection.kind", reason, f"known: {', '.join(kinds)}")


def _of_secrets(table: Mapping[str, object]) -> Iterator[Fault]:
    """Everything that looks like a secret in clear."""
    hint = f"write {SEALED}<name> where its file is named, and give the secret beside the text: then it is sealed"
    for path, value in _leaves(table, ""):
        if LOG_IN.match(value):
            yield Fault(FILE, path, "holds a password", f"leave it out of the address; {hint}")
        elif value and _names_a_secret(path):
            yield Fault(FILE, path, "is a secret in clear", hint)


def _names_a_secret(path: str) -> bool:
    key = path.rpartition(".")[2].lower()
    is_header = ".headers." in path and key in ("authorization", "cookie")
    return is_header or (bool(SECRET_KEY.search(key)) and not PLACE_KEY.search(key))


def _of_names(used: Collection[str], given: Collection[str], known: Collection[str]) -> Iterator[Fault]:
    for name in used:
        if not SECRET_NAME.fullmatch(name):
            yield Fault(FILE, f"{SEALED}{name}", "is no name of a secret", "letters, digits, '.', '_' and '-'")
        elif name not in given and name not in known:
            yield Fault(FILE, f"{SEALED}{name}", "is a secret that nobody has given", "give it beside the text")
    for name in sorted(set(given) - set(used)):
        yield Fault(FILE, name, "is a secret that nothing refers to", did_you_mean(name, sorted(used)))


def _sealed_names(table: Mapping[str, object]) -> set[str]:
    return {value.removeprefix(SEALED) for _, value in _leaves(table, "") if value.startswith(SEALED)}


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a table with its place."""
    if isinstance(value, Mapping):
        for key, cell in value.items():
            yield from _leaves(cell, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for position, cell in enumerate(value):
            name = cell.get("id", position + 1) if isinstance(cell, Mapping) else position + 1
            yield from _leaves(cell, f"{path}[{name}]")
    elif isinstance(value, str):
        yield path, value
