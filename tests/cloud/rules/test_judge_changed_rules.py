"""The judge when rules are withdrawn or changed, and when a part of what was kept is lost."""

from __future__ import annotations

from cloud.notify.content import decode_content
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from tests.cloud.rules.builders import FLOOD, MINUTE, NOW, START, Kept, block, minutes, rule


def test_a_withdrawn_rule_clears_its_alarms_and_a_new_version_keeps_them() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5))], received_at=NOW))
    higher = [{**FLOOD[0], "above": 30.2, "clear": 30.1}, *FLOOD[1:]]
    newer = rule(version=2, kind={"kind": "threshold", "unit": "m", "levels": higher})
    kept.keep(judge.replace(rule_set([newer]), now=NOW))
    assert len(kept.history) == 1
    kept.keep(judge.replace(rule_set([]), now=NOW))
    assert kept.history[-1].what == "cleared"
    assert "withdrawn" in kept.history[-1].comment
    assert kept.states["flood", "gw-1", "river-1"].state is None


def test_a_rule_withdrawn_while_the_centre_was_down_clears_its_alarm() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    kept.keep(kept.judge().tick(NOW))
    assert [line.what for line in kept.history] == ["raised", "cleared"]
    kept.alarms.clear()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, start=START + MINUTE))], received_at=NOW))
    assert [line.what for line in kept.history] == ["raised", "cleared", "raised"]


def test_an_alarm_whose_course_is_lost_is_cleared_and_raised_anew() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    kept.states.clear()
    judge = kept.judge(rule())
    kept.keep(judge.tick(NOW))
    assert kept.history[-1].what == "cleared"
    kept.keep(judge.observe([block(minutes(30.5, start=START + MINUTE))], received_at=NOW))
    assert kept.history[-1].what == "raised"


def test_a_course_whose_alarm_is_lost_raises_it_anew() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    kept.alarms.clear()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, start=START + MINUTE))], received_at=NOW))
    assert kept.story() == [("raised", "I", 0), ("raised", "I", 1)]


def test_an_alarm_that_its_rule_no_longer_fits_is_cleared() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    fewer = rule(version=2, kind={"kind": "threshold", "unit": "m", "levels": FLOOD[1:]})
    judge = kept.judge(fewer)
    kept.keep(judge.tick(NOW))
    assert [what for what, _, _ in kept.story()] == ["raised", "cleared"]
    kept.keep(judge.observe([block(minutes(31.5, start=START + MINUTE))], received_at=NOW))
    assert [what for what, _, _ in kept.story()] == ["raised", "cleared", "raised"]


OLD_NAMES = [
    {"name": "hỏng / faulty", "severity": 2, "above": 31.0, "clear": 30.95},
    {"name": "hú / sounding", "severity": 1, "above": 32.0, "clear": 31.95},
]
NEW_NAMES = [
    {**OLD_NAMES[0], "name": "faulty", "shown": {"vi": "hỏng", "en": "faulty"}},
    {**OLD_NAMES[1], "name": "sounding", "shown": {"vi": "đang hú", "en": "sounding"}},
]


def named(levels: list[dict[str, object]], version: int) -> Rule:
    """The rule before or after its levels got other names."""
    return rule(version=version, kind={"kind": "threshold", "unit": "m", "levels": levels})


def test_an_open_alarm_goes_on_when_its_levels_get_other_names() -> None:
    kept = Kept()
    kept.keep(kept.judge(named(OLD_NAMES, 1)).observe([block(minutes(32.5))], received_at=NOW))
    judge = kept.judge(named(NEW_NAMES, 2))
    assert not judge.tick(NOW).alarms
    later = minutes(32.6, 31.5, 32.4, 30.0, start=START + MINUTE)
    kept.keep(judge.observe([block(later)], received_at=NOW + MINUTE))
    assert kept.story() == [
        ("raised", "hú / sounding", 0),
        ("eased", "faulty", 2),
        ("escalated", "sounding", 3),
        ("cleared", "sounding", 4),
    ]
    assert len(kept.alarms) == 1


def test_an_alarm_that_ends_under_its_old_name_is_told_by_it() -> None:
    kept = Kept()
    kept.keep(kept.judge(named(OLD_NAMES, 1)).observe([block(minutes(32.5))], received_at=NOW))
    judge = kept.judge(named(NEW_NAMES, 2))
    over = judge.observe([block(minutes(30.0, start=START + MINUTE))], received_at=NOW + MINUTE)
    told = decode_content(over.notices[-1].body)
    assert (told.kind, told.level, told.level_words.vi) == ("cleared", "hú / sounding", "hú / sounding")
