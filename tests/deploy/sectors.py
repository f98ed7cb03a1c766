"""The table of sectors in README.md, made of the code; `python -m tests.deploy.sectors` renews it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from device_profiles.schema import Sector
from device_profiles.sectors import NAMES
from tests.deploy.rules.province import CATALOGUE, RULES
from tests.deploy.rules.table import sector_of

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DASHBOARDS = ROOT / "deploy" / "grafana"
SCENARIOS = ROOT / "simulators" / "scenarios"
FLEET = ROOT / "simulators" / "province" / "fleet.toml"
BEGIN, END = "<!-- table of sectors: begin -->\n", "<!-- table of sectors: end -->\n"
SHOWN = 4  # of a long list; its end says how many more there are
ORDINARY = "quiet_day"  # the scenario in which every device of the fleet speaks and nothing is wrong
OURS = ("derived", "interlock")  # not read by a connector
MEASUREMENT = re.compile(r"FROM\s+(?:\"[^\"]+\"\.){0,2}\"([a-z0-9_]+)\"", re.IGNORECASE)
ROLL_UP = re.compile(r"_(1m|15m|1h)$")

Cells = Mapping[str, Sequence[str]]  # column -> what stands in it


def rows() -> Mapping[Sector, Cells]:
    """Every sector with what serves it; columns of dashboards and scenarios appear with the first of them."""
    panels, scenarios = _panels(), _scenarios()
    return {sector: _cells(sector, panels, scenarios) for sector in NAMES}


def with_table(text: str) -> str:
    """The text of the README with the table as it must be."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}{_table()}\n{END}{rest.partition(END)[2]}"


def _table() -> str:
    found = rows()
    columns = list(next(iter(found.values())))
    lines = [f"| {' | '.join(['Sector', *columns])} |", f"|{'---|' * (len(columns) + 1)}"]
    for sector, cells in found.items():
        name = NAMES[sector]
        shown = [f"{name.en} ({name.vi.lower()})", *(_few(cells[column]) for column in columns)]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def _cells(sector: Sector, panels: Mapping[str, set[str]] | None, scenarios: Mapping[str, set[str]] | None) -> Cells:
    models = [each for each in CATALOGUE.profiles.values() if each.sector is sector]
    rules = sorted(name for name, rule in RULES.items() if sector_of(rule) is sector)
    measured = {each.reports_as or each.profile for each in models}
    cells: dict[str, Sequence[str]] = {
        #  what is measured: a vendor's model that reports as one of these changes nothing here
        "Device models": sorted({each.profile for each in models if not each.reports_as and each.protocol not in OURS}),
        "Connectors": sorted({each.protocol for each in models} - set(OURS)),
        "Rules": rules,
    }
    if panels is not None:
        cells["Dashboard panels"] = sorted(title for title, used in panels.items() if used & measured)
    if scenarios is not None:
        cells["Scenarios"] = sorted(name for name, used in scenarios.items() if used & {*rules, *measured})
    return cells


def _few(words: Sequence[str]) -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return ", ".join(f"`{word}`" for word in words[:SHOWN]) + more


def _panels() -> Mapping[str, set[str]] | None:
    """Dashboard and panel -> the measurements that it asks for."""
    found: dict[str, set[str]] = {}
    for path in sorted(DASHBOARDS.rglob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for panel in _flat(dashboard.get("panels", [])):
            used = set(MEASUREMENT.findall(json.dumps(panel.get("targets", [])).replace('\\"', '"')))
            if used:
                title = f"{dashboard.get('title', path.stem)}: {panel.get('title', '')}".replace("|", "/")
                found[title] = {ROLL_UP.sub("", name) for name in used}
    return found or None


def _flat(panels: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from _flat(panel.get("panels", []))


def _scenarios() -> Mapping[str, set[str]] | None:
    """Scenario -> the rules that it must raise; the ordinary day -> every model that speaks in it."""
    found: dict[str, set[str]] = {}
    for path in sorted(SCENARIOS.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = {each["rule"] for each in table.get("expected", [])}
    if ORDINARY not in found:
        return None
    fleet = tomllib.loads(FLEET.read_text(encoding="utf-8"))
    found[ORDINARY] |= set(re.findall(r"'profile': '([a-z0-9_]+)'", str(fleet)))
    return found


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
