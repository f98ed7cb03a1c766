"""Reads the folder of sites and areas; every fault of every file at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cloud.inventory.sites import Area, AreaFile, Inventory, Site
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import FileFaultsError, read_toml

AREAS = "areas.toml"


def load_inventory(folder: Path) -> Inventory:
    """Every site and area in a folder; FileFaultsError names every fault of every file."""
    if not folder.is_dir():
        raise FileFaultsError([Fault(str(folder), "", "is not a folder")])
    faults: list[Fault] = []
    areas = _read_areas(folder / AREAS, faults)
    files: dict[str, Path] = {}
    sites: dict[str, Site] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name == AREAS:
            continue
        try:
            site = read_toml(path, Site)
        except FileFaultsError as error:
            faults.extend(error.faults)
            continue
        faults.extend(_faults_of(site, str(path), areas))
        if site.id in sites:
            faults.append(Fault(str(path), "id", f"{site.id} is the id of {files[site.id]} too"))
        sites[site.id], files[site.id] = site, path
    faults.extend(_gateways_twice(sites, files))
    if faults:
        raise FileFaultsError(faults)
    return Inventory(sites, areas, {entry.id: site for site in sites.values() for entry in site.gateways})


def _read_areas(path: Path, faults: list[Fault]) -> dict[str, Area]:
    if not path.exists():
        return {}
    try:
        listed = read_toml(path, AreaFile).areas
    except FileFaultsError as error:
        faults.extend(error.faults)
        return {}
    areas = {area.id: area for area in listed}
    for name, times in Counter(area.id for area in listed).items():
        if times > 1:
            faults.append(Fault(str(path), f"areas.{name}", f"stands {times} times"))
    for area in listed:
        if area.parent is not None and area.parent not in areas:
            hint = did_you_mean(area.parent, list(areas))
            faults.append(Fault(str(path), f"areas.{area.id}.parent", f"there is no area {area.parent}", hint))
        elif _is_in_itself(area, areas):
            faults.append(Fault(str(path), f"areas.{area.id}.parent", "the area lies in itself"))
    return areas


def _is_in_itself(area: Area, areas: dict[str, Area]) -> bool:
    seen: set[str] = set()
    here: Area | None = area
    while here is not None and here.parent:
        seen.add(here.id)
        if here.parent in seen:
            return True
        here = areas.get(here.parent)
    return False


def _faults_of(site: Site, file: str, areas: dict[str, Area]) -> list[Fault]:
    if site.area in areas:
        return []
    return [Fault(file, "area", f"there is no area {site.area} in {AREAS}", did_you_mean(site.area, list(areas)))]


def _gateways_twice(sites: dict[str, Site], files: dict[str, Path]) -> list[Fault]:
    home: dict[str, str] = {}
    faults = []
    for site in sites.values():
        for entry in site.gateways:
            if entry.id in home:
                reason = f"gateway {entry.id} belongs to site {home[entry.id]} already"
                faults.append(Fault(str(files[site.id]), f"gateways.{entry.id}", reason))
            home[entry.id] = site.id
    return faults
