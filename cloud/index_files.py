"""The folder of index files, read strictly against the catalogue, with every fault of every file named at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cloud.errors import ConfigurationError
from cloud.indices.registry import IndexFile
from cloud.indices.spec import Indices, Spec, is_index
from cloud.indices.table import IndexTable, Intake
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError, build, parse_table, read_text
from device_profiles.schema import PointType

DERIVED = "derived"


def load_indices(folder: Path | None, catalogue: Catalogue) -> Indices:
    """Every index of a folder, none without one; FileFaultsError with the faults of all files."""
    if folder is None:
        return Indices()
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: is not a folder")
    return read_indices({path.as_posix(): read_text(path) for path in folder.glob("*.toml")}, catalogue)


def read_indices(files: Mapping[str, str], catalogue: Catalogue) -> Indices:
    """Every index, from the names of files and their texts; FileFaultsError with the faults of all of them."""
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
        raise FileFaultsError(faults)
    return Indices(specs)


def _faults(table: IndexTable, stem: str, catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    if table.id != stem:
        yield "id", f"{table.id!r} is not the file's name", ""
    target = catalogue.profiles.get(table.profile)
    if target is None or target.protocol != DERIVED or not is_index(table.profile):
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
