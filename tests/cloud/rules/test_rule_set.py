"""Reading a folder of rules: everything wrong is named at once, and nothing of it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.errors import CloudError
from cloud.rules.load import MAX_FILE_BYTES, MAX_RULES, load_rules
from cloud.rules.rule_set import RuleSetError
from device_profiles.load import Catalogue, load_catalogue
from device_profiles.schema import PointType

GOOD = """
id = "ID"
version = 1
text = { vi = "Cao", en = "High" }
instruction = { vi = "Xem", en = "Look" }
owner = "IOC"
source = "test"
confirmed = false
[selector]
profile = "river_gauge_radar"
point = "level_m"
[kind]
kind = "threshold"
unit = "m"
[[kind.levels]]
name = "I"
severity = 3
above = 30.0
"""
SILENT = (
    GOOD[: GOOD.index("[kind]")]
    + """
[kind]
kind = "stale"
[[kind.levels]]
name = "1"
severity = 3
after_s = 60
"""
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def put(folder: Path, name: str, text: str = GOOD, *, change: tuple[str, str] = ("", "")) -> None:
    """Writes a rule file with one change."""
    (folder / f"{name}.toml").write_text(text.replace("ID", name).replace(*change), encoding="utf-8")


def test_a_folder_of_good_rules_is_a_set(tmp_path: Path, catalogue: Catalogue) -> None:
    put(tmp_path, "one")
    put(tmp_path, "two", change=("confirmed = false", 'confirmed = true\nnotice = { channels = ["ops"] }'))
    (tmp_path / "one.test.toml").write_text("not a rule")
    rules = load_rules(tmp_path, catalogue, channels=["ops"])
    assert sorted(rules.rules) == ["one", "two"]
    assert rules.units == {"one": "m", "two": "m"}


@pytest.mark.parametrize(
    ("change", "key", "hint"),
    [
        (('"river_gauge_radar"', '"river_gauge_rader"'), "selector.profile", "river_gauge_radar"),
        (('"level_m"', '"levl_m"'), "selector.point", "level_m"),
        (('unit = "m"', 'unit = "Cel"'), "kind.unit", "Cel"),
        (("version = 1", 'version = "1"'), "version", "number"),
        (("severity = 3", "sevrity = 3"), "kind.levels[I].sevrity", "severity"),
        (('kind = "threshold"', 'kind = "treshold"'), "kind.kind", "threshold"),
        (("confirmed = false", 'confirmed = false\nnotice = { channels = ["opps"] }'), "notice.channels", "ops"),
        (("[selector]", "[selector"), "", "TOML"),
        (('id = "x"', 'id = "y"'), "id", "name of the file"),
    ],
)
def test_what_is_wrong_is_named_with_a_hint(
    tmp_path: Path, catalogue: Catalogue, change: tuple[str, str], key: str, hint: str
) -> None:
    put(tmp_path, "x", change=change)
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path, catalogue, channels=["ops"])
    fault = next(fault for fault in caught.value.faults if fault.key == key)
    assert hint in str(fault)
    assert isinstance(caught.value, CloudError)


def test_faults_of_all_files_come_together(tmp_path: Path, catalogue: Catalogue) -> None:
    put(tmp_path, "good")
    put(tmp_path, "one", change=("above = 30.0", ""))
    put(tmp_path, "two", change=('"level_m"', '"nothing"'))
    (tmp_path / "huge.toml").write_text("#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(RuleSetError) as caught:
        load_rules(tmp_path, catalogue)
    assert len({fault.file for fault in caught.value.faults}) == 3


def test_silence_of_a_point_must_be_longer_than_its_heartbeat(tmp_path: Path, catalogue: Catalogue) -> None:
    put(tmp_path, "quick", SILENT)
    with pytest.raises(RuleSetError, match="may say nothing for 600 s"):
        load_rules(tmp_path, catalogue)
    put(tmp_path, "quick", SILENT, change=("after_s = 60", "after_s = 1800"))
    assert load_rules(tmp_path, catalogue).units == {"quick": "s"}


def test_a_text_point_has_no_thresholds(tmp_path: Path, catalogue: Catalogue) -> None:
    gauge = catalogue["river_gauge_radar"]
    points = [point.model_copy(update={"type": PointType.STRING}) for point in gauge.points]
    texts = Catalogue({"river_gauge_radar": gauge.model_copy(update={"points": tuple(points)})})
    put(tmp_path, "x")
    with pytest.raises(RuleSetError, match="needs numbers"):
        load_rules(tmp_path, texts)


def test_too_many_rules_are_refused_before_they_are_read(tmp_path: Path, catalogue: Catalogue) -> None:
    for number in range(MAX_RULES + 1):
        (tmp_path / f"r{number}.toml").touch()
    with pytest.raises(RuleSetError, match="at most"):
        load_rules(tmp_path, catalogue)
