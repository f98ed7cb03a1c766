"""The table of all rules by sector in deploy/rules/README.md; `python -m tests.deploy.rules.table` renews it."""

from __future__ import annotations

from collections.abc import Iterator

from cloud.rules.ladder import Level
from cloud.rules.rule import Rule
from cloud.rules.rule_set import unit_of
from device_profiles.schema import Sector
from device_profiles.units import shown
from tests.deploy.rules.province import CATALOGUE, FOLDER, RULES

README = FOLDER / "README.md"
BEGIN, END = "<!-- table of rules: begin -->\n", "<!-- table of rules: end -->\n"
SECTORS = {
    Sector.DISASTER: "Disasters: rivers, rain, lakes, slopes, weather (phòng, chống thiên tai)",
    Sector.ENVIRONMENT: "Environment (môi trường)",
    Sector.TRAFFIC: "Traffic (giao thông)",
    Sector.SECURITY: "Cameras and public security (an ninh trật tự)",
    Sector.URBAN: "City: light, water, waste, parking (quản lý đô thị)",
    Sector.EDUCATION: "Education (giáo dục)",
    Sector.HEALTH: "Health (y tế)",
    Sector.TOURISM: "Tourism (du lịch)",
    Sector.ECONOMY: "Prices and power (kinh tế, điện)",
    Sector.AGRICULTURE: "Agriculture and forest (nông nghiệp, lâm nghiệp)",
    Sector.LABOUR: "Labour and social affairs (lao động, xã hội)",
    Sector.PUBLIC_SERVICE: "Public services (một cửa)",
    Sector.CYBER: "Network and platform (an toàn thông tin)",
}


def table() -> str:
    """One table per sector that has rules."""
    return "\n".join(_lines())


def with_table(text: str) -> str:
    """The text of the README with the table as it must be."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n\n{END}{rest.partition(END)[2]}"


def sector_of(rule: Rule) -> Sector:
    """The sector of the devices that a rule looks at, or of the first rule whose alarms it listens to."""
    if not rule.selector.profile:
        return sector_of(RULES[rule.kind.model_dump()["alarms"][0]["rule"]])
    return CATALOGUE.profiles[rule.selector.profile].sector


def _lines() -> Iterator[str]:
    for sector, title in SECTORS.items():
        rules = [rule for _, rule in sorted(RULES.items()) if sector_of(rule) is sector]
        if rules:
            yield from (
                "",
                f"### {title}",
                "",
                "| rule | what | levels (severity) | source | confirmed |",
                "|---|---|---|---|---|",
            )
            yield from (_row(rule) for rule in rules)


def _row(rule: Rule) -> str:
    what = (FOLDER / f"{rule.id}.toml").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    levels = "; ".join(_level(rule, rule.kind.level(number)) for number in range(1, len(rule.kind.levels) + 1))
    cells = (f"`{rule.id}`", what, levels, rule.source, "yes" if rule.confirmed else "no")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _level(rule: Rule, level: Level) -> str:
    unit = unit_of(rule)
    if unit == "s":
        return f"{level.words.en} ({level.severity})"
    side = "≥" if level.above is not None else "≤"
    figure = f"{side} {level.threshold:.12g} {'' if unit == '1' else shown(unit)}".rstrip()
    return f"{level.words.en} {figure} ({level.severity})"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
