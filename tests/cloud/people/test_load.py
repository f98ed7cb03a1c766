"""Files of people: every fault at once, with a hint, and never an address in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.people.load import load_people
from cloud.people.people import Absence, FixedDate, Person, QuietHours, Shift, Team
from device_profiles.load import FileFaultsError
from tests.readme_check import ROOT, assert_documented

CHANNELS = {"mail": "email", "sms": "sms", "ops": "webhook"}
GOOD = """
[[persons]]
id = "an"
name = "Nguyễn Văn An, trực ban"
phone = "0912 345 678"
email = "an@example.vn"
channels = ["sms", "mail", "call_list"]
quiet = [{ start = "22:00", end = "06:00" }]
[[persons.absences]]
begin = 2026-12-01
end = 2026-12-05
deputy = "binh"

[[persons]]
id = "binh"
name = "Trần Thị Bình"
language = "en"
channels = ["ops"]

[[teams]]
id = "desk"
name = { vi = "Trực ban", en = "Duty desk" }
otherwise = "person:binh"
shifts = [{ start = "06:00", end = "18:00", persons = ["an"] }]
"""
BAD = """
[[persons]]
id = "an"
name = "An"
channels = ["sms", "smss"]
absences = [{ begin = "2026-12-01", end = "2026-12-05", deputy = "binhh" }]

[[persons]]
id = "binh"
name = "Bình"
channels = ["mail"]
absences = [{ begin = "2026-12-01", end = "2026-12-05", deputy = "binh" }]

[[teams]]
id = "desk"
name = { vi = "Trực ban", en = "Duty desk" }
otherwise = "team:board"
shifts = [{ start = "06:00", end = "18:00", persons = ["anh"] }]

[[teams]]
id = "board"
name = { vi = "Lãnh đạo", en = "Board" }
otherwise = "team:desk"

[[teams]]
id = "lost"
name = { vi = "Lạc", en = "Lost" }
otherwise = "team:desc"
"""


def faults_of(folder: Path) -> list[tuple[str, str, str]]:
    """What is wrong with a folder."""
    with pytest.raises(FileFaultsError) as error:
        load_people(folder, channels=CHANNELS)
    return [(fault.key, fault.reason, fault.hint) for fault in error.value.faults]


def test_a_good_file_is_read_and_numbers_take_one_form(tmp_path: Path) -> None:
    (tmp_path / "ioc.toml").write_text(GOOD, encoding="utf-8")
    people = load_people(tmp_path, channels=CHANNELS)
    assert people.persons["an"].phone == "84912345678"
    assert "84912345678" not in repr(people)
    assert "example.vn" not in repr(people)
    assert people.teams["desk"].shifts[0].persons == ("an",)


def test_everything_that_does_not_fit_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "ioc.toml").write_text(BAD, encoding="utf-8")
    assert faults_of(tmp_path) == [
        ("persons[an].phone", "is missing: sms needs it", ""),
        ("persons[an].channels", "'smss' is no channel", "did you mean 'sms'?"),
        ("persons[an].absences.deputy", "there is no 'binhh'", "did you mean 'binh'?"),
        ("persons[binh].email", "is missing: mail needs it", ""),
        ("persons[binh].absences.deputy", "nobody is their own deputy", ""),
        ("teams[desk].shifts", "there is no 'anh'", "did you mean 'an'?"),
        ("teams[desk].otherwise", "comes back to the same team: end at a person", ""),
        ("teams[board].otherwise", "comes back to the same team: end at a person", ""),
        ("teams[lost].otherwise", "there is no 'desc'", "did you mean 'desk'?"),
    ]


def test_wrong_addresses_are_refused_and_never_repeated(tmp_path: Path) -> None:
    wrong = GOOD.replace("0912 345 678", "112233").replace("an@example.vn", "an at example").replace("12-05", "11-30")
    (tmp_path / "ioc.toml").write_text(wrong, encoding="utf-8")
    (tmp_path / "more.toml").write_text('[[persons]]\nid = "binh"\nname = "B"\nchannels = []\n', encoding="utf-8")
    faults = faults_of(tmp_path)
    assert [key for key, _, _ in faults] == [
        "persons[an].email", "persons[an].phone", "persons[an].absences[1]", "persons[binh].channels",
    ]  # fmt: skip
    assert "112233" not in str(faults)
    assert "an at" not in str(faults)


def test_a_name_that_two_files_use_is_a_fault(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    assert [key for key, _, _ in faults_of(tmp_path)] == ["persons[an].id", "persons[binh].id", "teams[desk].id"]
    with pytest.raises(FileFaultsError, match="is not a folder"):
        load_people(tmp_path / "none", channels=CHANNELS)


def test_every_key_stands_in_the_readme_and_the_example_is_good() -> None:
    assert_documented("cloud/people", Person, QuietHours, Absence, Team, Shift, FixedDate)
    chain = {"zalo": "zalo", "sms": "sms", "email": "email", "loudspeaker": "loudspeaker"}
    assert load_people(ROOT / "deploy" / "people", channels=chain).teams.keys() == {"truc_ban", "lanh_dao"}
