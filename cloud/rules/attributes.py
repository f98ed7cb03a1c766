"""Rules that take their numbers from the sites: `above = "site.flood_level_1_m"` becomes one rule for each site.

```
  file ──▶ table ──▶ sites that fit ──▶ table with the numbers of a site ──▶ rule of that site
                      └ faults: lacks it, no number, wrong unit
```
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cloud.inventory.sites import Inventory, Site
from cloud.rules.rule import Rule
from device_profiles.explain import Fault, did_you_mean
from device_profiles.units import UNITS

Table = dict[str, Any]  # what TOML gives; typed only behind the model
Build = Callable[[Table], Rule]  # FileFaultsError when the table is no rule

EDGES: Final = ("above", "below", "clear")
KINDS: Final = frozenset({"threshold", "rate_of_change", "window", "schedule"})  # of one device, with levels in a unit
SHORT: Final = {"Cel": "c", "%": "pct"}  # how names write these units; the others as they are
MOST: Final = 10_000  # sites of one rule
_NAMED = re.compile(r"site\.([a-z][a-z0-9_]{0,63})")


@dataclass(frozen=True, slots=True)
class Reference:
    """One number of a level that a site gives: kind.levels[level].edge = site.attribute."""

    level: int
    name: str
    edge: str
    attribute: str

    @property
    def key(self) -> str:
        """Where it stands in the file."""
        return f"kind.levels[{self.name}].{self.edge}"


def references(table: Table) -> list[Reference]:
    """Every number of the levels that the file leaves to the sites."""
    kind = table.get("kind")
    levels = kind.get("levels") if isinstance(kind, dict) else None
    return [
        Reference(number, str(level.get("name", number + 1)), edge, found[1])
        for number, level in enumerate(levels if isinstance(levels, list) else [])
        if isinstance(level, dict)
        for edge in EDGES
        if isinstance(level.get(edge), str) and (found := _NAMED.fullmatch(level[edge]))
    ]


def needs_sites(table: Table) -> bool:
    """True when only the sites can say what the rule is, or where it looks."""
    selector = table.get("selector")
    return bool(references(table)) or (isinstance(selector, dict) and bool(selector.keys() & {"labels", "only_with"}))


def placed(table: Table, inventory: Inventory | None, build: Build, *, file: str) -> tuple[Rule | None, list[Fault]]:
    """The rule with its places, and everything that keeps it from being one; `build` may raise."""
    found = references(table)
    if inventory is None:
        return None, [Fault(file, "selector", "the sites are not known here", "give the folder of sites, too")]
    sites = list(_fitting(table.get("selector", {}), inventory))
    faults = [*_unfit(table, found, file), *_unplaced(sites, file), *_missing(found, sites, file)]
    if faults:
        return None, faults
    if not found:
        here = build(_narrowed(table, sites))
        return build(table).at_places((here,), {}), []
    rules = [build(_narrowed(_with(table, found, site), [site])) for site in sites]
    face = build(_with(table, found, sites[0]))
    return face.at_places(rules, {(each.name, each.edge): f"site.{each.attribute}" for each in found}), []


def stated(rule: Rule) -> Table:
    """The rule as its file states it: numbers that the sites give stand there by name."""
    facts = rule.model_dump(mode="json")
    for level in facts["kind"]["levels"]:
        level.update({edge: name for edge in EDGES if (name := rule.named(level["name"], edge))})
    return facts


def _fitting(selector: Mapping[str, Any], inventory: Inventory) -> Iterator[Site]:
    """The sites that a selector chooses; a selector that is wrong chooses what it can, the model tells the rest."""

    def listed(key: str) -> set[str]:
        words = selector.get(key) or ()
        return {word for word in words if isinstance(word, str)} if isinstance(words, list) else set()

    for site in inventory.sites.values():
        areas = {area.id for area in inventory.path_of(site.area)}
        gateways = {gateway.id for gateway in site.gateways}
        if (
            (not listed("sites") or site.id in listed("sites"))
            and (not listed("areas") or areas & listed("areas"))
            and (not listed("gateways") or gateways & listed("gateways"))
            and listed("labels") <= set(site.labels)
            and listed("only_with") <= site.attributes.keys()
        ):
            yield site


def _unplaced(sites: Sequence[Site], file: str) -> Iterator[Fault]:
    if not sites:
        yield Fault(file, "selector", "no site fits it", "look at sites, areas, labels and only_with")
    elif len(sites) > MOST:
        yield Fault(file, "selector", f"{len(sites)} sites fit it; at most {MOST} are allowed")


def _unfit(table: Table, found: Sequence[Reference], file: str) -> Iterator[Fault]:
    """Kinds that take no numbers of sites, and names whose unit is another one."""
    kind = table.get("kind", {}) if found else {}
    if found and kind.get("kind") not in KINDS:
        yield Fault(file, found[0].key, f"a rule of the kind {kind.get('kind')} takes numbers only")
        return
    unit = str(kind.get("unit", ""))
    for each in found:
        if not each.attribute.endswith(f"_{_suffix(unit)}"):
            hint = f"call it {each.attribute}_{_suffix(unit)}"
            said = next((code for code in sorted(UNITS, key=len, reverse=True) if _says(each.attribute, code)), "")
            reason = f"{each.attribute} is in {said}, the rule in {unit}" if said else "its name does not say its unit"
            yield Fault(file, each.key, reason, "" if said else hint)


def _missing(found: Sequence[Reference], sites: Sequence[Site], file: str) -> Iterator[Fault]:
    for each in found:
        for site in sites:
            value = site.attributes.get(each.attribute)
            if value is None:
                near = did_you_mean(each.attribute, sorted(site.attributes))
                hint = near if near.endswith("?") else f'to leave it out, say only_with = ["{each.attribute}"]'
                yield Fault(file, each.key, f"site {site.id} has no {each.attribute}", hint)
            elif isinstance(value, str) or not math.isfinite(value):
                yield Fault(file, each.key, f"{each.attribute} of site {site.id} is {value!r}, not a number")


def _with(table: Table, found: Sequence[Reference], site: Site) -> Table:
    """The table with the numbers of one site."""
    kind = dict(table["kind"])
    levels = [dict(level) if isinstance(level, dict) else level for level in kind["levels"]]
    for each in found:
        levels[each.level][each.edge] = float(site.attributes[each.attribute])
    return {**table, "kind": {**kind, "levels": levels}}


def _narrowed(table: Table, sites: Sequence[Site]) -> Table:
    selector = table.get("selector")
    return {**table, "selector": {**(selector or {}), "sites": [site.id for site in sites]}}


def _suffix(unit: str) -> str:
    """How a name ends that says its unit: level_m, temp_c, rise_m_h."""
    return SHORT.get(unit) or re.sub(r"[^a-z0-9]+", "_", unit.lower()).strip("_")


def _says(attribute: str, unit: str) -> bool:
    suffix = _suffix(unit)
    return bool(suffix) and not suffix.isdecimal() and attribute.endswith(f"_{suffix}")
