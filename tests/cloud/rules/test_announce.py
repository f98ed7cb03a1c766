"""Whom a rule's alarms are sent to: channels, teams, both, or every usual channel, and from which severity on."""

from __future__ import annotations

import pytest

from cloud.alarms.book import AlarmBook
from cloud.notify.content import decode_content
from cloud.rules.judge import Judge, NoticeOptions
from cloud.rules.rule_set import check_rule, rule_set
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
