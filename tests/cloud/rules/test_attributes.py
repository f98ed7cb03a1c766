"""Rules that take their numbers from the sites: one file serves every gauge, each with its own levels."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.api.rule_views import level_views
from cloud.inventory.sites import Area, GatewayEntry, Inventory, Site
from cloud.rehearsal import Rehearsals
from cloud.rules.attributes import stated
from cloud.rules.judge import Places
from cloud.rules.load import Known, load_rules, parse_rule
from cloud.rules.proof import Draft, Sheet, judge_draft
from cloud.rules.rehearse import Wish
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSetError
from cloud.rules.sentences import sentences
from cloud.store.memory import MemoryStore
from cloud.store.sql import SqlStateStore
from device_profiles.load import load_catalogue
from device_profiles.schema import Text
from tests.cloud.rules.builders import START, Kept, block

CATALOGUE = load_catalogue()
RULE = """
id = "flood"
version = 1
text = { vi = "Báo động {level} tại {site}: {value} m", en = "Level {level} at {site}: {value} m" }
instruction = { vi = "Xem", en = "Look" }
owner = "PCTT"
source = "QĐ 05/2020/QĐ-TTg"
confirmed = true
[selector]
profile = "river_gauge_radar"
point = "level_m"
only_with = ["flood_level_1_m", "flood_level_2_m"]
[kind]
kind = "threshold"
unit = "m"
[[kind.levels]]
name = "I"
severity = 3
above = "site.flood_level_1_m"
[[kind.levels]]
name = "II"
severity = 2
above = "site.flood_level_2_m"
"""
TESTS = """
[[case]]
name = "upper"
site = "upper"
readings = [[0, 49.0], [10, 50.5], [20, 51.5]]
expect = ["10 raised I", "20 escalated II"]
[[case]]
name = "what_floods_the_lower_is_nothing_at_the_upper"
site = "upper"
readings = [[0, 49.0], [10, 31.5]]
expect = []
"""


def site(name: str, attributes: dict[str, float | str], *labels: str, area: str = "xa") -> Site:
    return Site(
        id=name, name=Text(vi=name, en=name), area=area, lat=21.0, lon=104.0, attributes=attributes, labels=labels,
        gateways=(GatewayEntry(id=f"gw-{name}", name=Text(vi=name, en=name)),),
    )  # fmt: skip


def inventory(*more: Site) -> Inventory:
    sites = [
        site("lower", {"flood_level_1_m": 30.0, "flood_level_2_m": 31.0}, "river", "town"),
        site("upper", {"flood_level_1_m": 50.0, "flood_level_2_m": 51.0}, "river"),
        site("school", {"pupils": 300.0}, "town"),
        *more,
    ]
    areas = {"xa": Area(id="xa", name=Text(vi="Xã", en="Commune"), parent=None, valid_from=None, valid_to=None)}
    return Inventory({each.id: each for each in sites}, areas)


def known(*more: Site) -> Known:
    return Known(CATALOGUE, inventory=inventory(*more))


def read(text: str = RULE, *more: Site) -> Rule:
    return parse_rule(text, known(*more), called="flood")


def faults(text: str, *more: Site) -> list[tuple[str, str, str]]:
    with pytest.raises(RuleSetError) as caught:
        read(text, *more)
    return [(each.key, each.reason, each.hint) for each in caught.value.faults]


def test_each_site_has_its_own_levels_in_one_rule() -> None:
    kept, rule = Kept(), read()
    judge = kept.judge(rule)
    for name, value in (("lower", 30.5), ("upper", 30.5), ("upper", 51.2), ("school", 60.0)):
        columns = block([(START, value)], site=name, gateway=f"gw-{name}", device=f"gauge-{name}-{value}")
        kept.keep(judge.observe([columns], received_at=START))
    assert [(row.rule, row.site, row.level, row.threshold) for row in kept.alarms.values()] == [
        ("flood", "lower", "I", 30.0), ("flood", "upper", "II", 51.0),
    ]  # fmt: skip


def test_words_and_levels_name_the_attribute_and_say_what_it_is_where() -> None:
    rule = read()
    assert [each.threshold for each in level_views(rule)] == ["site.flood_level_1_m", "site.flood_level_2_m"]
    assert [each.threshold for each in level_views(rule.at("upper"))] == [50.0, 51.0]
    assert [level["above"] for level in stated(rule)["kind"]["levels"]] == [
        "site.flood_level_1_m", "site.flood_level_2_m",
    ]  # fmt: skip
    words = sentences(rule)
    assert "từ site.flood_level_1_m của từng điểm (lower 30 m; upper 50 m) trở lên" in words.vi
    assert "at or above site.flood_level_2_m of each site (lower 31 m; upper 51 m)" in words.en
    assert "sites with flood_level_1_m, flood_level_2_m" in words.en


def test_its_cases_run_with_the_numbers_of_their_site() -> None:
    verdict = judge_draft(Draft("flood", Sheet(RULE, TESTS)), known(), running={})
    assert (verdict.tests, verdict.faults) == ("green", ())


ONLY_WITH = 'only_with = ["flood_level_1_m", "flood_level_2_m"]'


@pytest.mark.parametrize(
    ("change", "key", "reason", "hint"),
    [
        ((ONLY_WITH, 'sites = ["lower", "school"]'), "kind.levels[I].above", "site school has no flood_level_1_m",
         'to leave it out, say only_with = ["flood_level_1_m"]'),
        (("flood_level_2_m\"\n", "flood_level_2_mm\"\n"), "kind.levels[II].above",
         "flood_level_2_mm is in mm, the rule in m", ""),
        (("flood_level_2_m\"\n", "flood_level_2\"\n"), "kind.levels[II].above", "its name does not say its unit",
         "call it flood_level_2_m"),
        ((ONLY_WITH, 'only_with = ["lake_m"]'), "selector", "no site fits it",
         "look at sites, areas, labels and only_with"),
        (('kind = "threshold"', 'kind = "flat_line"'), "kind.levels[I].above",
         "a rule of the kind flat_line takes numbers only", ""),
        (('above = "site.flood_level_2_m"', 'above = "site.flood_level_1_m"'), "kind",
         "level II does not lie beyond level I", ""),
        (("site.flood_level_2_m\"\n", "device.flood_level_2_m\"\n"), "kind.levels[II].above",
         "must be a number, without quotes", ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_the_site(change: tuple[str, str], key: str, reason: str, hint: str) -> None:
    assert (key, reason, hint) in faults(RULE.replace(*change))


def test_a_site_that_breaks_the_order_of_levels_or_has_a_text_is_a_fault() -> None:
    wrong = site("odd", {"flood_level_1_m": 40.0, "flood_level_2_m": "cao"})
    assert ("kind.levels[II].above", "flood_level_2_m of site odd is 'cao', not a number", "") in faults(RULE, wrong)


def test_labels_choose_sites_also_for_rules_with_numbers_of_their_own() -> None:
    text = (
        RULE.replace("site.flood_level_1_m", "1")
        .replace("site.flood_level_2_m", "2")
        .replace('"1"', "1.0")
        .replace('"2"', "2.0")
    )
    rule = read(text.replace('only_with = ["flood_level_1_m", "flood_level_2_m"]', 'labels = ["river", "town"]'))
    assert [place.selector.sites for place in rule.places] == [("lower",)]
    assert rule.selector.sites == ()


async def test_a_rehearsal_judges_each_site_by_its_own_numbers(tmp_path: Path) -> None:
    store, state = MemoryStore(), SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    for name in ("lower", "upper"):
        readings = [(START + number * 600_000, 30.5 if number > 3 else 29.0) for number in range(12)]
        await store.write([block(readings, site=name, gateway=f"gw-{name}", device=f"gauge-{name}")], [])
    rehearsals = Rehearsals(store, state, CATALOGUE.profiles, places=Places(), passages=lambda gateway, device: ())
    report = await rehearsals.rehearse(Wish(read(), START, START + 7_200_000, None, None, []))
    state.close()
    assert [(each.site, each.level, each.threshold) for each in report.alarms] == [("lower", "I", 30.0)]
    assert report.totals.devices == 2


def test_without_sites_such_a_rule_is_refused_and_all_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "flood.toml").write_text(RULE, encoding="utf-8")
    with pytest.raises(RuleSetError, match="the sites are not known here"):
        load_rules(tmp_path, CATALOGUE)
    rules = load_rules(tmp_path, CATALOGUE, inventory=inventory())
    assert list(rules.rules) == ["flood"]
    assert len(rules.running) == 2
