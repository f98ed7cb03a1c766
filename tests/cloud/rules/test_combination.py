"""The kind `combination`, and alarms that people hear of only as part of another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.alarms.book import key_of
from cloud.rules.desk import Remark, acknowledge
from cloud.rules.judge import Judge
from cloud.rules.links import check_links
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.rules.selector import Selector
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule

AREAS = {"slope": ["mu-cang-chai", "lao-cai"], "valley": ["van-phu", "lao-cai"]}
SLIDE = [{"name": "watch", "severity": 2, "above": 2}, {"name": "warning", "severity": 1, "above": 3}]


def over(identifier: str, **more: Any) -> Rule:
    """A rule that is reached at 1 and left below; its profile and point are called as itself."""
    level = [{"name": "a", "severity": 3, "above": 1}, {"name": "b", "severity": 2, "above": 2}]
    return rule(
        identifier,
        kind={"kind": "threshold", "levels": level},
        selector={"profile": identifier, "point": "value"},
        **more,
    )


def slide(identifier: str = "slide", **more: Any) -> Rule:
    """Tilt, soil and rain together."""
    kind = {"kind": "combination", "by": "site", "levels": SLIDE, "alarms": named("tilt", "soil", "rain"), **more}
    return Rule.model_validate({**rule(identifier).model_dump(exclude={"selector", "kind"}), "kind": kind})


def named(*rules: str) -> list[dict[str, str]]:
    """Rules that a combination listens to."""
    return [{"rule": each} for each in rules]


def read(kept: Kept, judge: Judge, what: str, value: float, minute: float, *, site: str = "slope") -> None:
    """One device of that profile at that site reads a value."""
    at = START + round(minute * MINUTE)
    part = block([(at, value)], point="value", profile=what, gateway=f"gw-{site}", device=f"{what}-{site}", site=site)
    kept.keep(judge.observe([part], received_at=at))
    kept.keep(judge.tick(at))


def story(kept: Kept, name: str) -> list[tuple[str, str, int]]:
    """What happened to the alarms of one rule."""
    lines = [line for line in kept.history if kept.alarms[line.alarm].rule == name]
    return [(line.what, line.level, (line.observed_at - START) // MINUTE) for line in lines]


def told(kept: Kept) -> list[str]:
    """Whose notices went out."""
    return [kept.alarms[notice.alarm].rule for notice in kept.notices.values()]


@dataclass(frozen=True)
class Away:
    """What a gateway last said: that it was lost."""

    gateway: str
    since: int
    presence: str = "lost"
    read_at: int = 0
    health_at: int = 0
    health_gap_ms: int = 0

    @property
    def said_at(self) -> int:
        """When its will came."""
        return self.since

    @property
    def heard_at(self) -> int:
        """Nothing came since."""
        return self.since


TRIO = [over("tilt"), over("soil"), over("rain")]


def test_alarms_that_come_together_at_one_site_are_one_alarm_that_names_them() -> None:
    kept = Kept()
    judge = kept.judge(*TRIO, slide(), areas=AREAS)
    read(kept, judge, "tilt", 1, 0)
    read(kept, judge, "rain", 1, 1, site="valley")
    assert not story(kept, "slide"), "rain elsewhere does not count"
    read(kept, judge, "soil", 1, 2)
    read(kept, judge, "rain", 1, 3)
    read(kept, judge, "rain", 0, 4)
    read(kept, judge, "tilt", 0, 5)
    assert story(kept, "slide") == [
        ("raised", "watch", 2), ("escalated", "warning", 3), ("eased", "watch", 4), ("cleared", "watch", 5)
    ]  # fmt: skip
    [alarm] = [alarm for alarm in kept.alarms.values() if alarm.rule == "slide"]
    assert (alarm.gateway, alarm.device, alarm.site) == ("@site", "slope", "slope")
    assert "soil soil-slope, tilt tilt-slope" in alarm.text_en


def test_an_area_gathers_its_sites_and_an_alarm_of_an_area_counts_at_its_sites() -> None:
    kept = Kept()
    wide = rule(
        "rain",
        kind={
            "kind": "n_of_m", "by": "area", "condition": {"above": 1}, "within_s": 600,
            "levels": [{"name": "a", "severity": 3, "above": 2}],
        },
        selector={"profile": "rain", "point": "value", "areas": ["lao-cai"]},
    )  # fmt: skip
    anywhere = Selector.model_validate({"areas": ["lao-cai"]})
    provincial = slide("provincial", by="area").model_copy(update={"selector": anywhere})
    judge = kept.judge(over("tilt"), over("soil"), wide, slide(), provincial, areas=AREAS)
    read(kept, judge, "tilt", 1, 0)
    read(kept, judge, "rain", 1, 1)
    read(kept, judge, "rain", 1, 2, site="valley")
    assert story(kept, "slide") == [("raised", "watch", 2)], "rain of the area and tilt of the site"
    assert story(kept, "provincial") == [("raised", "watch", 2)]
    read(kept, judge, "rain", 0, 3, site="valley")
    assert story(kept, "slide")[-1] == ("cleared", "watch", 3)


def test_only_alarms_grave_enough_count() -> None:
    kept = Kept()
    listened = [{"rule": "tilt", "severity": 2}, {"rule": "soil", "levels": ["b"]}]
    judge = kept.judge(*TRIO, slide(alarms=listened, levels=SLIDE[:1]))
    read(kept, judge, "tilt", 1, 0)
    read(kept, judge, "soil", 2, 1)
    assert not story(kept, "slide")
    read(kept, judge, "tilt", 2, 2)
    assert story(kept, "slide") == [("raised", "watch", 2)]


def test_a_combination_of_combinations_moves_in_the_same_turn() -> None:
    kept = Kept()
    upper = slide("upper", alarms=named("slide", "flood"), levels=SLIDE[:1])
    judge = kept.judge(*TRIO, slide(), over("flood"), upper)
    read(kept, judge, "flood", 1, 0)
    read(kept, judge, "tilt", 1, 1)
    read(kept, judge, "soil", 1, 2)
    assert story(kept, "upper") == [("raised", "watch", 2)]


def test_a_new_combination_counts_alarms_that_are_there() -> None:
    kept = Kept()
    judge = kept.judge(*TRIO)
    read(kept, judge, "tilt", 1, 0)
    read(kept, judge, "soil", 1, 1)
    kept.keep(judge.replace(rule_set([*TRIO, slide()]), now=START + 2 * MINUTE))
    assert story(kept, "slide") == [("raised", "watch", 1)]
    kept.keep(judge.replace(rule_set(TRIO), now=START + 3 * MINUTE))
    assert story(kept, "slide")[-1][0] == "cleared"


@pytest.mark.parametrize(
    "wrong",
    [
        {"alarms": []},
        {"alarms": named("tilt", "tilt", "soil")},
        {"levels": [{"name": "a", "severity": 3, "above": 4}]},
        {"levels": [{"name": "a", "severity": 3, "above": 0}]},
        {"levels": [{"name": "a", "severity": 3, "below": 2}]},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        slide(**wrong)
    with pytest.raises(ValidationError, match="its selector has no"):
        Rule.model_validate({**slide().model_dump(exclude_unset=True), "selector": {"profile": "tilt"}})


# --- one problem, told once -----------------------------------------------------------------------------------------


def test_what_is_folded_is_recorded_and_named_by_its_cause_and_told_when_it_outlasts_it() -> None:
    kept = Kept()
    judge = kept.judge(over("mains", folds=["camera", "light"]), over("camera"), over("light"))
    read(kept, judge, "camera", 1, 0)
    read(kept, judge, "mains", 1, 1)
    read(kept, judge, "light", 1, 2)
    read(kept, judge, "light", 1, 2, site="valley")
    assert told(kept) == ["camera", "mains", "light"], "that of the other site"
    shown = [judge.mutes.shown(key_of(alarm), site=alarm.site, now=START) for alarm in judge.open_alarms()]
    assert sorted(shown) == ["", "", "", "suppressed"]
    assert story(kept, "light")[:2] == [("raised", "a", 2), ("suppressed", "a", 2)]
    [cause] = [alarm for alarm in kept.alarms.values() if alarm.rule == "mains"]
    assert cause.text_en.endswith("Folded into this alarm: camera camera-slope; light light-slope")
    assert cause.text_vi.endswith("Gộp vào cảnh báo này: camera camera-slope; light light-slope")
    read(kept, judge, "mains", 0, 3)
    read(kept, judge, "light", 1, 3.5)
    assert told(kept)[3:] == ["mains"], "it may be about to end, too"
    read(kept, judge, "light", 1, 5)
    read(kept, judge, "light", 1, 6)
    assert told(kept)[4:] == ["light"], "once"
    assert ("unsuppressed", "a", 5) in story(kept, "light")


def test_what_ends_with_its_cause_is_never_told_but_the_end_of_what_was_told_is() -> None:
    kept = Kept()
    judge = kept.judge(over("mains", folds=["camera", "light"]), over("camera"), over("light"))
    read(kept, judge, "camera", 1, 0)
    read(kept, judge, "mains", 1, 1)
    read(kept, judge, "light", 1, 2)
    read(kept, judge, "camera", 0, 3)
    read(kept, judge, "light", 0, 3)
    read(kept, judge, "mains", 0, 3)
    kept.keep(judge.tick(START + 10 * MINUTE))
    assert told(kept) == ["camera", "mains", "camera", "mains"]
    assert not [row for row in kept.states.values() if row.rule.startswith("@withheld") and row.state]


def test_the_end_is_told_of_what_was_told_before_it_became_worse() -> None:
    kept = Kept()
    judge = kept.judge(over("mains", folds=["camera"]), over("camera"))
    read(kept, judge, "camera", 1, 0)
    read(kept, judge, "mains", 1, 1)
    read(kept, judge, "camera", 2, 2)
    assert told(kept) == ["camera", "mains"]
    read(kept, judge, "camera", 0, 3)
    assert told(kept) == ["camera", "mains", "camera"]


def test_a_rule_is_quiet_while_another_has_an_alarm_in_its_area() -> None:
    kept = Kept()
    water = over("water", unless=["flood"], unless_by="area")
    judge = kept.judge(over("flood"), water, areas={"slope": ["lao-cai"], "valley": ["lao-cai"], "far": ["ha-giang"]})
    read(kept, judge, "flood", 1, 0, site="valley")
    read(kept, judge, "water", 1, 1)
    read(kept, judge, "water", 1, 1, site="far")
    assert told(kept) == ["flood", "water"]
    assert [alarm.site for alarm in kept.alarms.values() if alarm.rule == "water"] == ["slope", "far"]


def test_a_combination_that_folds_its_parts_is_told_instead_of_the_last_one() -> None:
    kept = Kept()
    upper = slide().model_copy(update={"folds": ("tilt", "soil", "rain")})
    judge = kept.judge(*TRIO, upper)
    read(kept, judge, "tilt", 1, 0)
    read(kept, judge, "soil", 1, 1)
    assert told(kept) == ["tilt", "slide"]


def test_what_comes_while_its_cause_is_still_held_waits_for_it() -> None:
    kinds = {"kind": "n_of_m", "condition": {"above": 1}, "within_s": 600, "hold_s": 120}
    many = rule(
        "many",
        kind={**kinds, "levels": [{"name": "a", "severity": 2, "above": 2}]},
        selector={"profile": "camera", "point": "value"},
        folds=["camera"],
    )
    kept = Kept()
    judge = kept.judge(many, over("camera"))
    for minute, value in ((0, 1), (3, 0), (6, 1), (6.5, 1), (9, 1)):
        for device in ("one", "two") if minute else ("one",):
            at = START + round(minute * MINUTE)
            part = block(
                [(at, value)], point="value", profile="camera", gateway="gw-slope", device=device, site="slope"
            )
            kept.keep(judge.observe([part], received_at=at))
    assert told(kept)[:2] == ["camera", "camera"], "one alone is told, and its end"
    assert told(kept)[2:] == ["camera", "many"], "the first of the two came before anything was known of the second"
    [cause] = [alarm for alarm in kept.alarms.values() if alarm.rule == "many"]
    assert "Folded into this alarm: camera one; camera two" in cause.text_en


def test_a_cause_that_never_comes_keeps_nothing_quiet_for_long() -> None:
    held = {"kind": "n_of_m", "condition": {"above": 1}, "within_s": 600, "hold_s": 300}
    many = rule(
        "many",
        kind={**held, "levels": [{"name": "a", "severity": 2, "above": 1}]},
        selector={"profile": "camera", "point": "value"},
        folds=["camera"],
    )
    kept = Kept()
    judge = kept.judge(many, over("camera"))
    read(kept, judge, "camera", 1, 0)
    for minute in range(1, 20):
        kept.keep(judge.tick(START + minute * MINUTE))
    assert told(kept) == ["camera"]
    assert story(kept, "camera")[-1] == ("unsuppressed", "a", 9), "the hold, two minutes, and one to settle"


def test_what_people_have_seen_is_not_told_again() -> None:
    kept = Kept()
    judge = kept.judge(over("mains", folds=["camera"]), over("camera"))
    read(kept, judge, "mains", 1, 0)
    read(kept, judge, "camera", 1, 1)
    [seen] = [alarm for alarm in kept.alarms.values() if alarm.rule == "camera"]
    kept.keep(judge.act(acknowledge(seen.id, Remark("lan", "")), now=START + 2 * MINUTE))
    read(kept, judge, "mains", 0, 3)
    read(kept, judge, "camera", 1, 6)
    assert told(kept) == ["mains", "mains"]


def test_a_gateway_that_is_away_stands_for_what_is_quiet_for_it() -> None:
    kept = Kept()
    judge = kept.judge(over("pump", unless=["gateway_away"]), over("well"))
    read(kept, judge, "well", 1, 0)
    kept.keep(judge.tick(START + 2 * MINUTE, [Away("gw-slope", START)]))
    late = block([(START + 2 * MINUTE, 1)], point="value", profile="pump", gateway="gw-slope", site="slope")
    other = block([(START + 2 * MINUTE, 1)], point="value", profile="pump", gateway="gw-2", site="slope")
    kept.keep(judge.observe([late, other], received_at=START + 2 * MINUTE))
    [away] = [alarm for alarm in kept.alarms.values() if alarm.rule == "gateway_away"]
    assert away.text_en.endswith("Folded into this alarm: pump river-1")
    assert told(kept) == ["well", "gateway_away", "pump"], "that of the gateway which is there"


# --- files ----------------------------------------------------------------------------------------------------------


def _faults(*rules: Rule) -> list[str]:
    return [str(fault) for fault in check_links({each.id: each for each in rules}, {})]


def test_names_that_no_rule_has_are_refused_with_a_guess() -> None:
    [fault] = _faults(*TRIO[:2], over("rains"), slide())
    assert "kind.alarms" in fault
    assert "'rain' is no rule" in fault
    assert "did you mean 'rains'?" in fault
    assert not _faults(over("tilt", unless=["gateway_away"]))
    assert "is no rule" in _faults(over("tilt", unless=["nobody"]))[0]
    [fault] = _faults(*TRIO, slide(alarms=[*named("soil", "rain"), {"rule": "tilt", "levels": ["c"]}]))
    assert "tilt has no level 'c'" in fault


def test_circles_are_refused_with_their_names() -> None:
    one, two = (
        slide(own, alarms=named(other, "tilt"), levels=SLIDE[:1]) for own, other in (["one", "two"], ["two", "one"])
    )
    [fault] = _faults(over("tilt"), *(each.model_copy() for each in (one, two)))
    assert "one listens to two listens to one" in fault or "two listens to one listens to two" in fault
    [fault] = _faults(over("a", folds=["b"]), over("b", folds=["c"]), over("c", unless=["b"], folds=["a"]))
    assert "is quiet for" in fault


# --- restarts -------------------------------------------------------------------------------------------------------

WHAT = st.sampled_from(["tilt", "soil", "rain", "mains"])
STEPS = st.lists(
    st.tuples(WHAT, st.sampled_from([0, 1, 2]), st.sampled_from(["slope", "valley"]), st.integers(0, 3)), max_size=25
)


@settings(max_examples=80, deadline=None)
@given(STEPS, st.sets(st.integers(0, 24)))
def test_restarts_change_nothing(steps: list[tuple[str, int, str, int]], restarts: set[int]) -> None:
    upper = slide("upper", by="area", alarms=named("slide", "mains"), levels=SLIDE[:1])
    rules = [over("tilt"), over("soil", unless=["mains"]), over("rain"), over("mains", folds=["tilt"]), slide(), upper]
    kept, undisturbed = Kept(), Kept()
    judge, other = kept.judge(*rules, areas=AREAS), undisturbed.judge(*rules, areas=AREAS)
    clock = 0
    for number, (what, value, site, pause) in enumerate(steps):
        clock += pause
        if number in restarts:
            judge = kept.judge(*rules, areas=AREAS)
        read(kept, judge, what, value, clock, site=site)
        read(undisturbed, other, what, value, clock, site=site)
    assert kept.history == undisturbed.history
    assert kept.alarms == undisturbed.alarms
    assert kept.notices == undisturbed.notices
