"""Puts a pilot together, ready to edit: `python deploy/sites/assemble.py pilot-mu-cang-chai FOLDER`.

What is the pilot's own (sites, gateways, centre.toml, what to buy) is copied; of the province's rules those come along
that look at devices of the pilot, with their tests and with every rule that they name; indices and dashboards are
those of the whole catalogue.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloud.console_export import IN_GRAFANA
from cloud.grafana.boards import boards
from cloud.grafana.export import files
from device_profiles.load import Catalogue, load_catalogue

HERE = Path(__file__).parent
RULES, INDICES, AREAS = HERE.parent / "rules", HERE.parent / "indices", HERE / "areas.toml"
TESTS = ".test.toml"
INFLUX = "http://127.0.0.1:8086"
COLUMNS = ("for", "vi", "en", "count", "spares")

Table = dict[str, Any]


def assemble(pilot: Path, folder: Path, catalogue: Catalogue) -> None:
    """Writes the pilot into this folder, which must not be there yet."""
    shutil.copytree(pilot, folder)
    shutil.copyfile(AREAS, folder / "sites" / AREAS.name)
    shutil.copytree(INDICES, folder / "indices")
    (folder / "rules").mkdir()
    for rule in rules_for(pilot, catalogue):
        for name in (f"{rule}.toml", f"{rule}{TESTS}"):
            shutil.copyfile(RULES / name, folder / "rules" / name)
    for file_name, text in files(boards(catalogue, "vi"), "vi", url=INFLUX, database="thacba", path=IN_GRAFANA):
        (folder / "grafana" / file_name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "grafana" / file_name).write_text(text, encoding="utf-8")
    with (folder / "hardware.csv").open("w", encoding="utf-8-sig", newline="") as file:  # Excel wants the mark
        rows = csv.writer(file, delimiter=";")
        rows.writerow(COLUMNS)
        rows.writerows(
            (item["for"], item["name"]["vi"], item["name"]["en"], item["count"], item["spares"])
            for item in _table(pilot / "hardware.toml")["items"]
        )


def rules_for(pilot: Path, catalogue: Catalogue) -> list[str]:
    """The rules that look at something of the pilot, and those that they name."""
    rules = {path.stem: _table(path) for path in RULES.glob("*.toml") if not path.name.endswith(TESTS)}
    cases = {name: _table(RULES / f"{name}{TESTS}") for name in rules}
    measured, sites = measurements(pilot, catalogue), {path.stem for path in (pilot / "sites").glob("*.toml")}
    wanted = {name for name, rule in rules.items() if _looks_at(rule, measured, sites)}
    while more := {other for name in wanted for other in _named(rules[name], cases[name], rules)} - wanted:
        wanted |= more
    return sorted(wanted)


def measurements(pilot: Path, catalogue: Catalogue) -> set[str]:
    """What the devices of the pilot report."""
    used = {device["profile"] for path in (pilot / "gateways").glob("*.toml") for device in _devices(path)}
    return {catalogue[name].reports_as or name for name in used}


def _looks_at(rule: Table, measured: set[str], sites: set[str]) -> bool:
    selector = rule.get("selector", {})
    return selector.get("profile") in measured and set(selector.get("sites", sites)) <= sites


def _named(rule: Table, cases: Table, rules: Mapping[str, Table]) -> Iterator[str]:
    """The other rules whose ids stand anywhere in a rule or in its tests."""
    yield from (text for text in _texts([rule, cases]) if text in rules and text != rule["id"])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _devices(path: Path) -> list[Table]:
    devices: list[Table] = _table(path).get("devices", [])
    return devices


def _table(path: Path) -> Table:
    return tomllib.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    assemble(HERE / sys.argv[1], Path(sys.argv[2]), load_catalogue())
