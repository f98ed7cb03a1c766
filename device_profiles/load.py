"""Reads configuration files and device profiles: strictly, and with every fault of a file named at once."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from device_profiles.explain import Fault, explain
from device_profiles.schema import DeviceProfile

CATALOGUE = Path(__file__).parent / "catalogue"
MAX_PARTS = 32  # of a dotted name; the parser's work grows with its square
DOTTED = re.compile(r"""[\w"'-]++(?:[ \t]*+\.[ \t]*+[\w"'-]++)*+""")
DEEP = "is nested too deeply"

Table = dict[str, Any]  # what TOML gives; typed only behind the model
M = TypeVar("M", bound=BaseModel)


class FileFaultsError(ValueError):
    """One or more files are wrong; trying again never helps. The text has one line per fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ProfileError(FileFaultsError):
    """One or more profile files are wrong; trying again never helps."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The device models that a program knows, by profile id."""

    profiles: Mapping[str, DeviceProfile]

    def __getitem__(self, profile: str) -> DeviceProfile:
        return self.profiles[profile]

    def hash_of(self, profile: str) -> str:
        """Twelve hex digits that change when anything in the profile does: gateway and centre compare them.

        What a profile leaves open does not count: a field that is new here changes nothing for those without it.
        """
        said = self.profiles[profile].model_dump(mode="json", exclude_defaults=True)
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def read_toml(path: Path, model: type[M]) -> M:
    """The file as this model; FileFaultsError with every fault in it. Nothing is coerced: "5" is not 5."""
    return parse_toml(_text_of(path), model, file=str(path))


def parse_toml(text: str, model: type[M], *, file: str = "<text>") -> M:
    """The same for a text that is already in memory."""
    return build(parse_table(text, file=file), model, file=file)


def parse_table(text: str, *, file: str = "<text>") -> Table:
    """What a text in memory says, before it is a model; FileFaultsError when it is not TOML."""
    return _table_of(text, file)


def build(table: Table, model: type[M], *, file: str = "<text>") -> M:
    """A table as this model; FileFaultsError with every fault in it."""
    return _build(table, model, file=file)


def read_text(path: Path) -> str:
    """The text of a file; FileFaultsError when it cannot be read, or is no UTF-8."""
    return _text_of(path)


def load_profile(path: Path) -> DeviceProfile:
    """One device profile; ProfileError with every fault of the file."""
    return parse_profile(_text_of(path, ProfileError), file=str(path))


def parse_profile(text: str, *, file: str = "<text>") -> DeviceProfile:
    """One device profile from a text in memory; ProfileError with every fault in it."""
    try:
        return _build(_table_of(text, file), DeviceProfile, file=file, prepare=_hand_down_protocol)
    except FileFaultsError as error:
        raise ProfileError(error.faults) from error


def load_catalogue(*folders: Path) -> Catalogue:
    """Every profile of these folders, or of the packaged catalogue; ProfileError with the faults of all files."""
    profiles: dict[str, DeviceProfile] = {}
    origin: dict[str, Path] = {}
    faults: list[Fault] = []
    for path in _profile_files(folders or (CATALOGUE,), faults):
        try:
            profile = load_profile(path)
        except ProfileError as error:
            faults.extend(error.faults)
            continue
        if profile.profile in profiles:
            first = origin[profile.profile]
            faults.append(Fault(str(path), "profile", f"{profile.profile} is already in {first}", "choose another id"))
        profiles[profile.profile] = profile
        origin[profile.profile] = path
    for name, profile in profiles.items():
        faults += [Fault(str(origin[name]), key, reason) for key, reason in strangers(profile, profiles)]
    if faults:
        raise ProfileError(faults)
    return Catalogue(profiles)


def strangers(profile: DeviceProfile, profiles: Mapping[str, DeviceProfile]) -> Iterator[tuple[str, str]]:
    """What keeps a model from reporting as another one: every key, and why."""
    if not profile.reports_as:
        return
    measurement = profiles.get(profile.reports_as)
    if measurement is None or measurement.reports_as:
        yield "reports_as", f"{profile.reports_as!r} is not a profile with a measurement of its own"
        return
    for point in profile.points:
        there = measurement.point(point.key)
        if there is None:
            yield f"points[{point.key}]", f"{profile.reports_as} has no such point"
        elif (point.unit, point.type, point.choices) != (there.unit, there.type, there.choices):
            yield f"points[{point.key}]", f"has another unit, type or choices than in {profile.reports_as}"
    for kind in sorted(set(profile.events) - set(measurement.events)):
        yield "events", f"{profile.reports_as} does not report {kind!r}"


def _profile_files(folders: Iterable[Path], faults: list[Fault]) -> Iterable[Path]:
    for folder in folders:
        files = sorted(folder.glob("*.toml"))
        if not files:
            faults.append(
                Fault(str(folder), "", "is not a folder with profiles", "give a folder that holds *.toml files")
            )
        yield from files


def _text_of(path: Path, error: type[FileFaultsError] = FileFaultsError) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as cause:
        raise error([Fault(str(path), "", "is not UTF-8 text", "save the file as UTF-8")]) from cause
    except OSError as cause:
        hint = "check the path" if isinstance(cause, FileNotFoundError) else "check its permissions"
        raise error([Fault(str(path), "", f"cannot be read ({cause.strerror})", hint)]) from cause


def _table_of(text: str, file: str) -> Table:
    if any(found[0].count(".") >= MAX_PARTS for found in DOTTED.finditer(text)):
        raise FileFaultsError([Fault(file, "", DEEP)])
    try:
        return tomllib.loads(text)
    except RecursionError as cause:
        raise FileFaultsError([Fault(file, "", DEEP)]) from cause
    except ValueError as cause:  # TOMLDecodeError, or a number of thousands of digits
        raise FileFaultsError(
            [Fault(file, "", f"is not TOML: {cause}", "texts stand in quotes, names do not")]
        ) from cause


def _build(table: Table, model: type[M], *, file: str, prepare: Callable[[Table], Table] | None = None) -> M:
    # JSON mode is pydantic's strict mode for files: lists become tuples and words enums, but "5" never becomes 5.
    try:
        text = json.dumps(prepare(table) if prepare else table, default=lambda date: date.isoformat())
    except RecursionError as cause:
        raise FileFaultsError([Fault(file, "", DEEP)]) from cause
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise FileFaultsError(explain(error, file=file, table=table, model=model)) from error


def _hand_down_protocol(table: Table) -> Table:
    """The protocol stands once, at the top of the file; each source takes it from there."""
    protocol, points, commands = table.get("protocol"), table.get("points"), table.get("commands")
    if not isinstance(protocol, str):
        return table
    told = dict(table)
    if isinstance(points, list):
        told["points"] = [_with_protocol(point, protocol) for point in points]
    if isinstance(commands, list):
        told["commands"] = [_write_with_protocol(command, protocol) for command in commands]
    return told


def _with_protocol(holder: Any, protocol: str) -> Any:
    if isinstance(holder, dict) and isinstance(holder.get("source"), dict):
        return {**holder, "source": {"protocol": protocol, **holder["source"]}}
    return holder


def _write_with_protocol(command: Any, protocol: str) -> Any:
    if isinstance(command, dict) and "write" in command:
        return {**command, "write": _with_protocol(command["write"], protocol)}
    return command
