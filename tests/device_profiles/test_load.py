"""The strict reader: every fault at once, in the words of the file, with a hint; and nothing is coerced."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, SecretStr

from device_profiles.load import (
    FileFaultsError,
    ProfileError,
    load_catalogue,
    load_profile,
    parse_profile,
    parse_toml,
    read_toml,
)
from device_profiles.schema import DeviceProfile, Strict

GOOD = """
profile = "gauge"
name = { vi = "Trạm đo", en = "Gauge" }
vendor = "generic"
model = "m"
sector = "disaster"
protocol = "modbus"
period_s = 60
owner = "o"
source = "s"

[[points]]
key = "level_m"
name = { vi = "Mực nước", en = "Level" }
unit = "m"
source = { address = 0, encoding = "f32" }
"""


class Tea(Strict):
    """A choice of the union below."""

    kind: Literal["tea"]
    leaves: int = Field(description="How many leaves.")


class Coffee(Strict):
    """The other choice."""

    kind: Literal["coffee"]
    beans: int = Field(ge=1, description="How many beans.")
    password: SecretStr = Field(SecretStr(""), description="Opens the tin.")


class Table(Strict):
    """What a table of cups looks like."""

    cups: tuple[Annotated[Tea | Coffee, Field(discriminator="kind")], ...] = Field(min_length=1, description="Cups.")
    limits: dict[str, Tea] = Field(default_factory=dict, description="By name.")
    ratio: float = Field(0.5, gt=0, description="A number.")
    hot: bool = Field(True, description="A switch.")


def _faults(text: str) -> dict[str, str]:
    with pytest.raises(FileFaultsError) as caught:
        parse_toml(text, Table, file="table.toml")
    return {fault.key: f"{fault.reason} ({fault.hint})" for fault in caught.value.faults}


def test_a_good_file_becomes_its_model(tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    path.write_text('ratio = 2\n[[cups]]\nkind = "tea"\nleaves = 3\n', encoding="utf-8")
    table = read_toml(path, Table)
    assert table.ratio == 2.0
    assert table.cups == (Tea(kind="tea", leaves=3),)


def test_every_fault_is_named_at_once_with_a_hint() -> None:
    faults = _faults(
        'rato = 1\nhot = "yes"\n[[cups]]\nkind = "cofee"\n[[cups]]\nkind = "tea"\nleafs = 3\n'
        "[[cups]]\nkind = 'coffee'\nbeans = 0\n[limits.big]\nkind = 'tea'\nleaves = '3'\n"
    )
    assert faults == {
        "rato": "is not a key here (did you mean 'ratio'?)",
        "hot": "must be true or false, without quotes ()",
        "cups[1].kind": "'cofee' is not allowed (did you mean 'coffee'?)",
        "cups[2].leaves": "is missing (How many leaves.)",
        "cups[2].leafs": "is not a key here (did you mean 'leaves'?)",
        "cups[3].beans": "must be greater than or equal to 1 ()",
        "limits.big.leaves": "must be a whole number, without quotes ()",
    }


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("cups = []", "cups", "is empty ()"),
        ("cups = [{}]", "cups[1].kind", "is missing ()"),
        ("cups = [1]", "cups[1]", "must be a table ()"),
        ('cups = "tea"', "cups", "must be a list: [ ... ] ()"),
        ("cups = [{kind='tea', leaves=1.0}]", "cups[1].leaves", "must be a whole number, without quotes ()"),
        ("ratio = nan\ncups = [{kind='tea', leaves=1}]", "ratio", "must be a finite number ()"),
        ("ratio = true\ncups = [{kind='tea', leaves=1}]", "ratio", "must be a number, without quotes ()"),
        (
            "zzzzzz = 1\ncups = [{kind='tea', leaves=1}]",
            "zzzzzz",
            "is not a key here (known: cups, hot, limits, ratio)",
        ),
    ],
)
def test_a_fault_is_said_in_the_words_of_the_file(text: str, key: str, reason: str) -> None:
    assert _faults(text) == {key: reason}


def test_a_secret_in_a_wrong_file_is_never_shown() -> None:
    with pytest.raises(FileFaultsError) as caught:
        parse_toml('[[cups]]\nkind = "coffee"\nbeans = 0\npassword = ["hunter2"]\n', Table)
    assert "hunter2" not in str(caught.value)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 30_000, "nested too deeply"),
        ("a = " + "{b = " * 10_000, "nested too deeply"),
        ("a." * 30_000 + "b = 1", "nested too deeply"),
        ('"a" . ' * 10_000 + "b = 1", "nested too deeply"),
        ("ratio = " + "9" * 60_000, "is not TOML"),
        ("a" * 60_000, "is not TOML"),
    ],
)
def test_a_text_that_would_keep_a_parser_busy_is_refused_at_once(text: str, words: str) -> None:
    with pytest.raises(FileFaultsError, match=words):
        parse_toml(text, Table)


def test_files_that_are_no_text_no_toml_or_not_there_are_said_plainly(tmp_path: Path) -> None:
    for content, words in ((b"\xff\xfe", "is not UTF-8 text"), (b"a = = 1", "is not TOML: "), (None, "cannot be read")):
        path = tmp_path / "file.toml"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(FileFaultsError, match=words) as caught:
            read_toml(path, Table)
        assert str(caught.value).startswith(str(path))


def test_a_profile_hands_its_protocol_down_to_its_points() -> None:
    profile = parse_profile(GOOD)
    assert profile.points[0].source.protocol == profile.protocol == "modbus"
    assert parse_profile(GOOD.replace("f32", "f64")).points[0].source != profile.points[0].source


def test_a_wrong_protocol_is_one_fault_and_not_one_per_point() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(GOOD.replace('"modbus"', '"modbis"'))
    assert [(fault.key, fault.hint) for fault in caught.value.faults] == [("protocol", "did you mean 'modbus'?")]


OF_PROFILE = next(line for line in GOOD.splitlines() if line.startswith("profile = "))


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('"level_m"', '"time"', "points[time].key", "time is a reserved name"),
        ('"level_m"', '"Level"', "points[Level].key", "pattern"),
        ('unit = "m"', 'unit = "metre"', "points[level_m].unit", "not a UCUM unit"),
        ('"f32"', '"bit"', "points[level_m].source", "table input and encoding bit do not go together"),
        ("address = 0", "address = 70000", "points[level_m].source.address", "less than or equal to 65535"),
        ('unit = "m"', 'type = "enum"', "points[level_m]", "choices belong to type enum"),
        ('unit = "m"', "limits = { minimum = 2.0, maximum = 1.0 }", "points[level_m].limits", "is not below maximum"),
        ('unit = "m"', 'type = "enum"\nchoices = {a = {vi="a", en="a"}}', "points[level_m]", "choices are numbered"),
        ('sector = "disaster"', 'sector = "disastre"', "sector", "'disastre' is not allowed"),
        ("period_s = 60", 'period_s = "60"', "period_s", "must be a number, without quotes"),
        ("[[points]]", "[points]", "points", "must be a list"),
        *(
            (OF_PROFILE, f'profile = "{name}"', "profile", f"{name} is a name that the store needs for itself")
            for name in ("gauge_1m", "gauge_15m", "gauge_1h", "quality", "event")
        ),
    ],
)
def test_a_wrong_profile_is_refused(old: str, new: str, key: str, words: str) -> None:
    with pytest.raises(ProfileError, match=words) as caught:
        parse_profile(GOOD.replace(old, new, 1))
    assert caught.value.faults[0].key == key


def test_points_named_twice_are_refused() -> None:
    twice = GOOD + GOOD[GOOD.index("[[points]]") :]
    with pytest.raises(ProfileError, match="points named twice: level_m"):
        parse_profile(twice)


def test_a_catalogue_names_the_faults_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "c.toml").write_text("profile = 1", encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load_catalogue(tmp_path)
    text = str(caught.value)
    assert f"b.toml: profile: gauge is already in {tmp_path / 'a.toml'}" in text
    assert "c.toml: profile: must be a text in quotes" in text


def test_a_folder_without_profiles_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="is not a folder with profiles"):
        load_catalogue(tmp_path / "nowhere")


def test_the_hash_follows_the_content_and_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    before = load_catalogue(tmp_path).hash_of("gauge")
    (tmp_path / "a.toml").rename(tmp_path / "b.toml")
    (tmp_path / "b.toml").write_text("# remark\n" + GOOD, encoding="utf-8")
    assert load_catalogue(tmp_path).hash_of("gauge") == before
    (tmp_path / "b.toml").write_text(GOOD.replace("period_s = 60", "period_s = 61"), encoding="utf-8")
    assert load_catalogue(tmp_path).hash_of("gauge") != before
    assert len(before) == 12


def test_load_profile_reads_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    profile = load_profile(tmp_path / "a.toml")
    assert isinstance(profile, DeviceProfile)
    assert profile.point("level_m") is profile.points[0]
    assert profile.point("nothing") is None
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path / "missing.toml")


VENDOR = GOOD.replace('profile = "gauge"', 'profile = "maker_m1"\nreports_as = "gauge"').replace(
    "address = 0", "address = 7"
)


def test_a_vendor_s_model_reports_as_a_known_measurement(tmp_path: Path) -> None:
    (tmp_path / "gauge.toml").write_text(GOOD)
    (tmp_path / "maker.toml").write_text(VENDOR)
    assert load_catalogue(tmp_path)["maker_m1"].reports_as == "gauge"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({'"gauge"': '"gouge"'}, "reports_as: 'gouge' is not a profile with a measurement of its own"),
        ({'"gauge"': '"maker_m1"'}, "reports_as: 'maker_m1' is not a profile with a measurement of its own"),
        ({'"level_m"': '"level"'}, "points[level]: gauge has no such point"),
        ({'unit = "m"': 'unit = "cm"'}, "points[level_m]: has another unit, type or choices than in gauge"),
        ({'owner = "o"': 'owner = "o"\nevents = ["hail"]'}, "events: gauge does not report 'hail'"),
    ],
    ids=["nobody", "itself", "point", "unit", "event"],
)
def test_a_model_that_does_not_fit_its_measurement_is_refused(
    tmp_path: Path, changed: dict[str, str], fault: str
) -> None:
    text = VENDOR
    for old, new in changed.items():
        text = text.replace(old, new)
    (tmp_path / "gauge.toml").write_text(GOOD)
    (tmp_path / "maker.toml").write_text(text)
    with pytest.raises(ProfileError) as caught:
        load_catalogue(tmp_path)
    assert f"maker.toml: {fault}" in str(caught.value)
