"""Whom a rule's alarms are sent to: channels, teams, both, or every usual channel, and from which severity on."""

from __future__ import annotations

import pytest

from cloud.alarms.book import AlarmBook
from cloud.notify.channels.loudspeaker.config import LoudspeakerConfig
from cloud.notify.channels.loudspeaker.message import speech
from cloud.notify.channels.sms.message import message
from cloud.notify.content import Words, decode_content
from cloud.notify.words import body
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.naming import level_words
from cloud.rules.rule_set import check_rule, rule_set
from device_profiles.basics import Language
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


def test_an_unknown_team_is_a_fault_unless_nobody_knows_the_teams() -> None:
    one, profiles = rule(notice={"teams": ("dessk",)}), load_catalogue().profiles
    (fault,) = check_rule(one, profiles, channels=(), teams=("desk",), file="flood.toml")
    assert str(fault) == "flood.toml: notice.teams: 'dessk' is no team (did you mean 'desk'?)"
    assert not list(check_rule(one, profiles, channels=(), teams=None, file="flood.toml"))


BATTERY = {
    "kind": "threshold",
    "unit": "m",
    "levels": [
        {"name": "low", "severity": 3, "below": 12.0},
        {"name": "very low", "shown": {"vi": "rất thấp", "en": "very low"}, "severity": 2, "below": 11.0},
    ],
}


def test_a_level_is_called_by_its_name_in_each_language_and_kept_under_one() -> None:
    judge = Judge(rule_set([rule(kind=BATTERY)]), AlarmBook(), notices=NoticeOptions(("ops",)))
    judgement = judge.observe([block([(NOW, 10.5)])], received_at=NOW)
    (alarm,), (notice,) = judgement.alarms, judgement.notices
    assert alarm.level == "very low"
    assert alarm.text_vi.startswith("Vượt báo động rất thấp: 10,5")
    assert alarm.text_en.startswith("Alarm level very low: 10.5")
    told = decode_content(notice.body)
    assert (told.level, told.level_shown) == ("very low", Words("rất thấp", "very low"))
    assert "Mức độ: cao (cấp rất thấp)" in body(told, "vi")
    assert "Severity: high (level very low)" in body(told, "en")


@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", "Vuot bao dong rat thap: 10,5"), ("en", "Alarm level very low: 10.5")],
)
def test_text_messages_and_loudspeakers_name_the_level_in_the_language_they_speak(
    language: Language, said: str
) -> None:
    judge = Judge(rule_set([rule(kind=BATTERY)]), AlarmBook(), notices=NoticeOptions(("ops",)))
    (notice,) = judge.observe([block([(NOW, 10.5)])], received_at=NOW).notices
    told = decode_content(notice.body)
    assert said in message(told, language, diacritics=False, max_parts=2)
    village = LoudspeakerConfig(kind="loudspeaker", name="xa", url="https://loa.example.vn")
    assert "báo động rất thấp" in speech(told, village)


def test_a_level_that_its_rule_does_not_know_any_more_is_called_as_it_was_kept() -> None:
    running = {"flood": rule(kind=BATTERY)}
    assert level_words(running, "flood", "very low").vi == "rất thấp"
    assert level_words(running, "flood", "low").vi == "low"
    assert level_words(running, "flood", "hú / sounding").vi == "hú / sounding"
    assert level_words(running, "gone", "very low").vi == "very low"
    assert level_words(running, "platform_store_away", "away").vi == "không trả lời"
    assert level_words(running, "flood", "").en == ""


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "stale", "levels": [{"severity": 2, "after_s": 60.0}]},
        {"kind": "repeated", "window_s": 60, "event": {"above": 1}, "levels": [{"severity": 2, "times": 3}]},
        {"kind": "sequence", "unit": "m", "first": {"above": 1}, "then": {"above": 2},
         "levels": [{"severity": 2, "within_s": 60.0}]},
    ],
    ids=lambda kind: str(kind["kind"]),
)  # fmt: skip
def test_levels_of_every_form_have_names_in_both_languages(kind: dict[str, object]) -> None:
    named = {"name": "often", "shown": {"vi": "thường xuyên", "en": "often"}}
    levels = kind["levels"]
    assert isinstance(levels, list)
    one = rule(kind=kind | {"levels": [each | named for each in levels]})
    assert (one.kind.level(1).name, one.kind.level(1).words.vi) == ("often", "thường xuyên")
    assert one.words_of("often").vi == "thường xuyên"


def test_a_name_in_one_language_alone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shown\.en\s+Field required"):
        rule(kind=BATTERY | {"levels": [{"name": "low", "shown": {"vi": "thấp"}, "severity": 3, "below": 12.0}]})
