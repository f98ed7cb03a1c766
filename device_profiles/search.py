"""Finds device models by words, however they are typed: "muc nuoc" finds "Mực nước"; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from device_profiles.schema import DeviceProfile
from device_profiles.sectors import NAMES

#  đ does not come apart into base and mark; nobody remembers where hyphens stand
PLAIN = str.maketrans("đĐ-_", "dD  ")


def folded(text: str) -> str:
    """The text without diacritics, capitals and hyphens, in one spelling."""
    apart = unicodedata.normalize("NFD", text.translate(PLAIN))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def found(profiles: Iterable[DeviceProfile], query: str) -> list[DeviceProfile]:
    """The models that hold every word of the query: those called so first, and kinds before vendors' models."""
    words = folded(query).split()
    if not words:
        return sorted(profiles, key=lambda profile: bool(profile.reports_as))
    hits = [(profile, folded(_said_by(profile))) for profile in profiles]
    kept = [profile for profile, said in hits if all(word in said for word in words)]
    return sorted(kept, key=lambda profile: (_is_called_otherwise(profile, words), bool(profile.reports_as)))


def _is_called_otherwise(profile: DeviceProfile, words: Iterable[str]) -> bool:
    called = folded(_called(profile))
    return not all(word in called for word in words)


def _called(profile: DeviceProfile) -> str:
    name = profile.name
    return f"{profile.profile} {name.vi} {name.en} {profile.vendor} {profile.model}"


def _said_by(profile: DeviceProfile) -> str:
    """Everything by which somebody may look for a model."""
    sector = NAMES[profile.sector]
    words = [_called(profile), sector.vi, sector.en, profile.protocol, profile.owner, profile.reports_as]
    words += [f"{point.key} {point.name.vi} {point.name.en}" for point in profile.points]
    return " ".join(words)
