"""The area of a CAP message: configured, or a circle around the site."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.notify.channels.cap.config import CapConfig
from cloud.notify.content import NoticeContent, Words
from cloud.notify.words import said_in
from device_profiles.basics import Language

Place = tuple[float, float]  # latitude and longitude, WGS 84


def area_of(
    content: NoticeContent, config: CapConfig, language: Language, place: Place | None
) -> Sequence[tuple[str, str]]:
    """The elements of `area` with plain texts; an alarm of no known place has a name only."""
    area = config.areas.get(content.site)
    if area is None:
        circle = [("circle", f"{place[0]:.5f},{place[1]:.5f} {config.radius_km:g}")] if place else []
        return [("areaDesc", said_in(content.site_name, language)), *circle]
    name = Words(area.description.vi, area.description.en) if area.description else content.site_name
    return [
        ("areaDesc", said_in(name, language)),
        *(("polygon", polygon) for polygon in area.polygons),
        *(("circle", circle) for circle in area.circles),
    ]


def geocodes_of(content: NoticeContent, config: CapConfig) -> Sequence[tuple[str, str]]:
    """Name and value of the codes of the area."""
    area = config.areas.get(content.site)
    return list(area.geocodes.items()) if area else ()
