"""Index files, read strictly against the catalogue and with every fault named at once: which index wants whose readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cloud.indices.registry import IndexFile
from cloud.indices.table import IndexTable, Intake
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError, build, parse_table
from device_profiles.schema import DeviceProfile, PointType

DERIVED = "derived"
SEPARATOR = "."  # between a device's id and the index's


class IndicesError(FileFaultsError):
    """One or more index files are wrong; trying again never helps."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One index over one measurement: what to read, and where the results go."""

    table: IndexTable
    points: Mapping[str, str]  # the index's word -> point
    target: DeviceProfile

    def derived(self, device: str) -> str:
        """The id of the derived device that carries the results."""
        return f"{device}{SEPARATOR}{self.table.id}"


@dataclass(frozen=True, slots=True)
class Indices:
    """Every index, by the measurement that it is worked out from."""

    specs: Mapping[str, tuple[Spec, ...]] = field(default_factory=dict)

    def of(self, profile: str) -> tuple[Spec, ...]:
        """The indices that are worked out from a measurement."""
        return self.specs.get(profile, ())


def indices_of(files: Mapping[str, str], catalogue: Catalogue) -> Indices:
    """Every index, from the names of files and their texts; IndicesError with the faults of all of them."""
    faults: list[Fault] = []
    specs: dict[str, tuple[Spec, ...]] = {}
    for name, text in sorted(files.items()):
        try:
            table = build({"index": parse_table(text, file=name)}, IndexFile, file=name).index
        except FileFaultsError as error:
            faults.extend(error.faults)
            continue
        stem = name.rpartition("/")[2].removesuffix(".toml")
        found = [Fault(name, key, reason, hint) for key, reason, hint in _faults(table, stem, catalogue)]
        faults += found
        for each in () if found else table.inputs:
            spec = Spec(table, dict(each.points), catalogue[table.profile])
            specs[each.profile] = (*specs.get(each.profile, ()), spec)
    if faults:
        raise IndicesError(faults)
    return Indices(specs)


def _faults(table: IndexTable, stem: str, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    if table.id != stem:
        yield "id", f"{table.id!r} is not the file's name", ""
    target = catalogue.profiles.get(table.profile)
    if target is None or target.protocol != DERIVED:
        names = sorted(name for name, each in catalogue.profiles.items() if each.protocol == DERIVED)
        yield "profile", f"{table.profile!r} is no derived profile", did_you_mean(table.profile, names)
    elif any(each.type is PointType.STRING for each in target.points):
        yield "profile", f"{table.profile!r} has texts, and results are numbers", ""
    for number, each in enumerate(table.inputs):
        for key, reason, hint in _input_faults(table, each, catalogue):
            yield f"inputs.{number}.{key}", reason, hint


def _input_faults(table: IndexTable, intake: Intake, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    required, known = table.words
    profile = catalogue.profiles.get(intake.profile)
    if profile is None:
        yield "profile", f"there is no profile {intake.profile!r}", did_you_mean(intake.profile, [*catalogue.profiles])
        return
    for word in sorted(required - intake.points.keys()):
        yield "points", f"{word!r} is missing", ""
    for word, point in intake.points.items():
        if word not in known:
            yield f"points.{word}", "this index knows no such word", did_you_mean(word, sorted(known))
        if profile.point(point) is None:
            yield f"points.{word}", f"{intake.profile} has no point {point!r}", ""
