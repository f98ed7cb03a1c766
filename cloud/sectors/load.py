"""The folder of sector files, read strictly against the catalogue, with every fault of every file named at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cloud.errors import ConfigurationError
from cloud.sectors.plan import Chart, Figure, SectorPlan
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import FileFaultsError, read_toml
from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sectors import NAMES

Profiles = Mapping[str, DeviceProfile]


def load_sectors(folder: Path | None, profiles: Profiles) -> tuple[SectorPlan, ...]:
    """The plans of a folder in their order; without one, a plain plan for each component project of the scheme."""
    if folder is None:
        return plain_plans(profiles)
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: is not a folder")
    plans: list[SectorPlan] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            plan = read_toml(path, SectorPlan)
        except FileFaultsError as error:
            faults.extend(error.faults)
            continue
        faults.extend(Fault(str(path), key, reason, hint) for key, reason, hint in _faults(plan, path.stem, profiles))
        plans.append(plan)
    if faults:
        raise FileFaultsError(faults)
    return tuple(sorted(plans, key=lambda each: (each.order, each.id)))


def plain_plans(profiles: Profiles) -> tuple[SectorPlan, ...]:
    """A page for each component project, with its devices and without figures of its own."""
    return tuple(
        SectorPlan(id=sector.value, name=name, order=order, profiles=mine)
        for order, (sector, name) in enumerate(NAMES.items())
        if (mine := tuple(key for key, each in profiles.items() if each.sector is sector and not each.reports_as))
    )


def _faults(plan: SectorPlan, stem: str, profiles: Profiles) -> Iterator[tuple[str, str, str]]:
    if plan.id != stem:
        yield "id", f"{plan.id!r} is not the file's name", ""
    for number, name in enumerate(plan.profiles):
        if name not in profiles:
            yield f"profiles.{number}", f"{name!r} is no device profile", did_you_mean(name, sorted(profiles))
    parts: list[tuple[str, Sequence[Figure | Chart]]] = [("figures", plan.figures), ("charts", plan.charts)]
    for key, group in parts:
        for number, each in enumerate(group):
            yield from _part_faults(each, plan, profiles, place=f"{key}.{number}")


def _part_faults(
    part: Figure | Chart, plan: SectorPlan, profiles: Profiles, *, place: str
) -> Iterator[tuple[str, str, str]]:
    profile = profiles.get(part.profile)
    if part.profile not in plan.profiles or profile is None:
        hint = did_you_mean(part.profile, plan.profiles)
        yield f"{place}.profile", f"{part.profile!r} is not among the plan's profiles", hint
        return
    point = profile.point(part.point)
    if point is None:
        hint = did_you_mean(part.point, [each.key for each in profile.points])
        yield f"{place}.point", f"{part.profile} has no point {part.point!r}", hint
    elif point.type is PointType.STRING:
        yield f"{place}.point", f"{part.point} is a text, and figures are numbers", ""
