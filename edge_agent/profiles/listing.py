"""Device models in rows and documents, for people and for programs; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile, Point
from device_profiles.sectors import NAMES
from device_profiles.units import shown


def summary(profile: DeviceProfile) -> dict[str, object]:
    """One model in a few words."""
    return {
        "profile": profile.profile,
        "name": {"vi": profile.name.vi, "en": profile.name.en},
        "vendor": profile.vendor,
        "model": profile.model,
        "sector": profile.sector.value,
        "protocol": profile.protocol,
        "reports_as": profile.reports_as,
        "points": len(profile.points),
        "confirmed": profile.confirmed,
    }


def document(catalogue: Catalogue, profile: DeviceProfile) -> dict[str, object]:
    """Everything about one model, and the hash by which gateway and centre compare it."""
    return {"hash": catalogue.hash_of(profile.profile), **profile.model_dump(mode="json", exclude_defaults=True)}


def facts(profile: DeviceProfile) -> Iterable[tuple[str, str]]:
    """What stands at the head of a model's sheet."""
    sector = NAMES[profile.sector]
    yield "name", f"{profile.name.vi} / {profile.name.en}"
    yield "vendor, model", f"{profile.vendor}, {profile.model}"
    yield "sector", f"{sector.vi} / {sector.en}"
    yield "protocol", f"{profile.protocol}, every {profile.period_s:g} s"
    if profile.reports_as:
        yield "reports as", profile.reports_as
    yield "owner", profile.owner
    yield "source", f"{profile.source}{'' if profile.confirmed else ' (not confirmed)'}"
    if profile.events:
        yield "events", ", ".join(profile.events)
    if profile.commands:
        yield "commands", ", ".join(command.verb for command in profile.commands)


def point_row(point: Point) -> tuple[str, str, str, str, str, str]:
    """One point: key, names, type with unit, where it lies, what is believed, when it is sent."""
    source = point.source.model_dump(mode="json", exclude_defaults=True, exclude={"protocol"})
    kind = point.type.value + (f" [{shown(point.unit)}]" if shown(point.unit) else "")
    return (
        point.key,
        f"{point.name.vi}\n{point.name.en}",
        kind,
        _pairs(source),
        _pairs(point.limits.model_dump(exclude_defaults=True)),
        _pairs(point.report.model_dump(exclude_defaults=True)),
    )


def _pairs(table: Mapping[str, object]) -> str:
    return "\n".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in table.items()
    )
