"""Whom a rule's alarms are sent to: channels, teams, both, or every usual channel, and from which severity on."""

from __future__ import annotations

import pytest

from cloud.alarms.book import AlarmBook
from cloud.notify.content import Words, decode_content
from cloud.notify.placeholders import facts_of
from cloud.notify.words import body
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.rule_set import check_rule, rule_set
from cloud.rules.sentences import sentences
from device_profiles.load import load_catalogue
from tests.cloud.rules.builders import NOW, block, rule

OPTIONS = NoticeOptions(("ops", "mail", "loudspeaker"), by_default=("ops", "mail"))


def recipients(*, value: float = 30.5, **policy: object) -> list[str]:
    """To whom a raise is told under this policy."""
    judge = Judge(rule_set([rule(notice=policy)]), AlarmBook(), notices=OPTIONS)
    judgement = judge.observe([block([(NOW, value)])], received_at=NOW)
    assert len(judgement.alarms) == 1
    return [notice.channel for notice in judgement.notices]


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({}, ["ops", "mail"]),
        ({"channels": ("loudspeaker",)}, ["loudspeaker"]),
        ({"teams": ("desk", "board")}, ["team:desk", "team:board"]),
        ({"channels": ("ops",), "teams": ("desk",)}, ["ops", "team:desk"]),
        ({"from_severity": 2}, []),
        ({"from_severity": 3, "teams": ("desk",)}, ["team:desk"]),
    ],
)
def test_who_is_told_of_an_alarm_of_severity_3(policy: dict[str, object], told: list[str]) -> None:
    assert recipients(**policy) == told


def test_a_graver_level_passes_the_bar_and_the_row_says_how_grave_it_is() -> None:
    judge = Judge(rule_set([rule(notice={"from_severity": 2, "teams": ("desk",)})]), AlarmBook(), notices=OPTIONS)
    assert not judge.observe([block([(NOW, 30.5)])], received_at=NOW).notices
    (notice,) = judge.observe([block([(NOW + 1000, 32.5)])], received_at=NOW + 1000).notices
    assert (notice.channel, notice.severity) == ("team:desk", 1)
    assert notice.key == decode_content(notice.body).key
    assert notice.key.endswith(f":III:{NOW + 1000}:team:desk")


def test_a_level_is_told_in_words_of_both_languages() -> None:
    level = {"name": "low", "shown": {"vi": "thấp", "en": "low"}, "severity": 2, "below": 11.5}
    judge = Judge(
        rule_set([rule(kind={"kind": "threshold", "unit": "m", "levels": [level]})]), AlarmBook(), notices=OPTIONS
    )
    judgement = judge.observe([block([(NOW, 11.0)])], received_at=NOW)
    (alarm,) = judgement.alarms
    assert (alarm.level, alarm.text_vi, alarm.text_en) == ("low", "Vượt báo động thấp: 11 m", "Alarm level low: 11 m")
    content = decode_content(judgement.notices[0].body)
    assert (content.level, content.level_shown) == ("low", Words("thấp", "low"))
    assert "(cấp thấp)" in body(content, "vi")
    assert facts_of(content, "en")["level"] == "low"


@pytest.mark.parametrize(
    ("name", "is_said"), [("III", True), ("80 %", True), ("C", True), ("2 mg/l", True), ("low", False), ("2 h", False)]
)
def test_a_rule_says_which_of_its_levels_only_one_language_understands(name: str, is_said: bool) -> None:
    plain = {"name": name, "severity": 3, "above": 30.0}
    told = [sentences(rule(kind={"kind": "threshold", "unit": "m", "levels": [plain]}))]
    assert all(("shown" in each.vi, "shown" in each.en) == (not is_said, not is_said) for each in told)
    shown = plain | {"shown": {"vi": "một", "en": "one"}}
    said = sentences(rule(kind={"kind": "threshold", "unit": "m", "levels": [shown]}))
    assert ("Mức một (" in said.vi, "Level one (" in said.en, "shown" in said.vi) == (True, True, False)


def test_an_unknown_team_is_a_fault_unless_nobody_knows_the_teams() -> None:
    one, profiles = rule(notice={"teams": ("dessk",)}), load_catalogue().profiles
    (fault,) = check_rule(one, profiles, channels=(), teams=("desk",), file="flood.toml")
    assert str(fault) == "flood.toml: notice.teams: 'dessk' is no team (did you mean 'desk'?)"
    assert not list(check_rule(one, profiles, channels=(), teams=None, file="flood.toml"))
