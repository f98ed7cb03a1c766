"""The table of sectors in README.md, made of the code; `python -m tests.deploy.sectors` renews it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cloud.grafana.boards import boards
from device_profiles.schema import Sector
from device_profiles.sectors import NAMES
from tests.deploy.rules.province import CATALOGUE, RULES
from tests.deploy.rules.table import sector_of

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SCENARIOS = ROOT / "simulators" / "scenarios"
FLEET = ROOT / "simulators" / "province" / "fleet.toml"
BEGIN, END = "<!-- table of sectors: begin -->\n", "<!-- table of sectors: end -->\n"
SHOWN = {"Dashboard panels": 2}  # of a long list; its end says how many more there are
SHOWN_ELSE = 4
ORDINARY = "quiet_day"  # the scenario in which every device of the fleet speaks and nothing is wrong
OURS = ("derived", "interlock")  # not read by a connector
BOARDS = boards(CATALOGUE, "en")

Cells = Mapping[str, Sequence[str]]  # column -> what stands in it


def rows() -> Mapping[Sector, Cells]:
    """Every sector with what serves it."""
    scenarios = _scenarios()
    return {sector: _cells(sector, scenarios) for sector in NAMES}


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
        shown = [
            f"{name.en} ({name.vi.lower()})",
            *(_few(cells[column], SHOWN.get(column, SHOWN_ELSE)) for column in columns),
        ]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def _cells(sector: Sector, scenarios: Mapping[str, set[str]]) -> Cells:
    models = [each for each in CATALOGUE.profiles.values() if each.sector is sector]
    rules = sorted(name for name, rule in RULES.items() if sector_of(rule) is sector)
    measured = {each.profile for each in models if not each.reports_as}
    return {
        #  what is measured: a vendor's model that reports as one of these changes nothing here
        "Device models": sorted(each.profile for each in models if not each.reports_as and each.protocol not in OURS),
        "Connectors": sorted({each.protocol for each in models} - set(OURS)),
        "Rules": rules,
        "Dashboard panels": _panels(sector),
        "Scenarios": sorted(name for name, used in scenarios.items() if used & {*rules, *measured}),
    }


def _few(words: Sequence[str], most: int) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(f"`{word}`" for word in words[:most]) + more


def _panels(sector: Sector) -> list[str]:
    """What the dashboard of a sector draws, in the order of its panels."""
    uid = f"thacba-{sector.value.replace('_', '-')}"
    board = next(each for each in BOARDS if each.uid == uid)
    return [panel.title.en.replace("|", "/") for panel in board.panels]


def _scenarios() -> Mapping[str, set[str]]:
    """Scenario -> the rules that it must or must not raise; the ordinary day -> every model that speaks in it."""
    found: dict[str, set[str]] = {}
    for path in sorted(SCENARIOS.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = {each["rule"] for key in ("expected", "forbidden") for each in table.get(key, [])}
    fleet = tomllib.loads(FLEET.read_text(encoding="utf-8"))
    return {**found, ORDINARY: {group["profile"] for group in fleet["groups"]}}


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
