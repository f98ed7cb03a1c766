"""The kind `n_of_m`: how many of a group meet a condition, and what that makes of its one alarm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.announce import Announcer
from cloud.rules.groups import Input, replay
from cloud.rules.headcount import MET, NOT_MET, Headcount
from cloud.rules.judge import Judge
from cloud.rules.kinds.n_of_m import NOfM
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.rules.watch import Watch
from device_profiles.schema import Text
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule

CAMERAS: dict[str, object] = {"profile": "ip_camera", "point": "online"}
LOST: dict[str, Any] = {
    "kind": "n_of_m",
    "condition": {"below": 0.5},
    "within_s": 300,
    "levels": [{"name": "some", "severity": 3, "above": 2}, {"name": "many", "severity": 2, "above": 3}],
}
SHARE: dict[str, Any] = {
    **LOST,
    "share": True,
    "min_members": 4,
    "levels": [{"name": "trunk", "severity": 2, "above": 50, "clear": 25}],
}


def lost(kind: dict[str, Any] = LOST, identifier: str = "cameras_lost", **more: Any) -> Rule:
    """A rule on cameras that are offline."""
    return rule(identifier, kind=kind, selector=CAMERAS, **more)


def see(kept: Kept, judge: Judge, minute: float, camera: int, online: bool, *, site: str = "hall") -> None:
    """One reading of one camera, as soon as it is made."""
    at = START + round(minute * MINUTE)
    part = block(
        [(at, online)], point="online", profile="ip_camera", gateway=f"gw-{site}", device=f"cam-{camera}", site=site
    )
    kept.keep(judge.observe([part], received_at=at))


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "device"},
        {"by": "street"},
        {"within_s": 0},
        {"within_s": 200_000},
        {"levels": [{"name": "a", "severity": 3, "below": 2}]},
        {"levels": [{"name": "a", "severity": 3, "above": 0}]},
        {"share": True, "levels": [{"name": "a", "severity": 3, "above": 101}]},
        {"condition": {}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        lost({**LOST, **wrong})


def test_one_alarm_of_the_site_counts_its_cameras_and_names_them() -> None:
    kept = Kept()
    judge = kept.judge(lost())
    for camera in range(5):
        see(kept, judge, 0, camera, True)
    see(kept, judge, 1, 3, False)
    assert not kept.alarms
    see(kept, judge, 2, 1, False)
    see(kept, judge, 3, 4, False)
    [alarm] = kept.alarms.values()
    assert (alarm.gateway, alarm.device, alarm.site, alarm.level) == ("@site", "hall", "hall", "many")
    assert "cam-1, cam-3, cam-4" in alarm.text_en
    assert "cam-1, cam-3, cam-4" in alarm.text_vi
    see(kept, judge, 4, 1, True)
    see(kept, judge, 4, 3, True)
    assert kept.story() == [
        ("raised", "some", 2),
        ("escalated", "many", 3),
        ("eased", "some", 4),
        ("cleared", "some", 4),
    ]
    assert len(kept.notices) == 3


def test_the_text_of_a_group_calls_it_by_its_name() -> None:
    named = lost(text={"vi": "{device} mất {value}", "en": "{gateway}: {value} lost at {site}"})
    hall, area = Text(vi="Hội trường", en="Town hall"), Text(vi="Xã Văn Phú", en="Văn Phú")
    announcer = Announcer(names={"hall": hall, "@area/van-phu": area})
    for place, text in (
        (("@site", "hall"), "Town hall: 2 lost at Town hall"),
        (("@area", "van-phu"), "Văn Phú: 2 lost at Văn Phú"),
        (("@gateway", "gw-1"), "gw-1: 2 lost at Town hall"),
        (("@all", "province"), "the whole province: 2 lost at the whole province"),
    ):
        finding = announcer.finding(named, Watch(*place, "@group", "hall", {}, {}), 1, 2.0)
        assert finding.text_en == text


def test_sites_are_counted_apart_unless_the_group_is_everything() -> None:
    apart, together = Kept(), Kept()
    for kept, by in ((apart, "site"), (together, "all")):
        judge = kept.judge(lost({**LOST, "by": by}))
        see(kept, judge, 0, 1, False, site="hall")
        see(kept, judge, 1, 1, False, site="park")
    assert not apart.alarms
    [alarm] = together.alarms.values()
    assert (alarm.gateway, alarm.device, alarm.site) == ("@all", "province", "park")


def test_an_area_is_the_sites_own_or_those_that_the_selector_lists() -> None:
    areas = {"hall": ["yen-bai", "lao-cai"], "park": ["van-phu", "lao-cai"]}
    for listed, expected in (((), []), (("lao-cai",), [("@area", "lao-cai")])):
        kept = Kept()
        by_area = rule("lost", kind={**LOST, "by": "area"}, selector={**CAMERAS, "areas": listed})
        judge = kept.judge(by_area, areas=areas)
        see(kept, judge, 0, 1, False, site="hall")
        see(kept, judge, 1, 1, False, site="park")
        assert [(alarm.gateway, alarm.device) for alarm in kept.alarms.values()] == expected


def test_a_share_is_of_the_members_and_needs_enough_of_them() -> None:
    kept = Kept()
    judge = kept.judge(lost(SHARE))
    for camera in range(3):
        see(kept, judge, 0, camera, False)
    assert not kept.alarms, "three are too few to speak of a share"
    see(kept, judge, 1, 3, True)
    assert kept.story() == [("raised", "trunk", 1)]
    assert next(iter(kept.alarms.values())).value == 75
    for camera in range(2):
        see(kept, judge, 2, camera, True)
    assert kept.story() == [("raised", "trunk", 1), ("cleared", "trunk", 2)]


def test_a_member_counts_only_as_long_as_its_reading_is_young() -> None:
    kept = Kept()
    judge = kept.judge(lost())
    see(kept, judge, 0, 1, False)
    see(kept, judge, 4, 2, False)
    see(kept, judge, 5, 3, True)
    assert kept.story() == [("raised", "some", 4), ("cleared", "some", 5)]


def test_late_and_doubtful_readings_change_nothing() -> None:
    kept = Kept()
    judge = kept.judge(lost())
    see(kept, judge, 5, 1, True)
    see(kept, judge, 5, 2, False)
    see(kept, judge, 4, 1, False)
    part = block([(START + 6 * MINUTE, False)], quality=[(0, "uncertain:clock")], point="online", profile="ip_camera")
    kept.keep(judge.observe([part], received_at=START + 6 * MINUTE))
    assert not kept.alarms


def test_time_never_goes_back_when_members_arrive_out_of_order() -> None:
    kept = Kept()
    judge = kept.judge(lost())
    see(kept, judge, 5, 1, False)
    see(kept, judge, 4, 2, False)
    assert kept.story() == [("raised", "some", 5)]


def test_the_alarm_of_a_group_ends_with_its_rule_and_survives_its_change() -> None:
    kept = Kept()
    judge = kept.judge(lost(), lost(identifier="other"))
    for camera in range(2):
        see(kept, judge, 0, camera, False)
    changed = lost({**LOST, "hold_s": 60}, version=2)
    kept.keep(judge.replace(rule_set([changed]), now=START + MINUTE))
    assert [row.rule for row in judge.open_alarms() if row.state == "unacked"] == ["cameras_lost"]
    see(kept, judge, 2, 0, True)
    assert kept.story()[-1] == ("cleared", "some", 2)
    rows = [row for row in kept.states.values() if row.rule in ("other", "@member/other") and row.state]
    assert not rows, "nothing is kept of a rule that is gone"


SELDOM = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([True, True, False]), st.integers(0, 4), st.integers(0, 2)),
    max_size=40,
)


@settings(max_examples=120, deadline=None)
@given(SELDOM, st.sets(st.integers(0, 39)))
def test_restarts_change_nothing(story: list[tuple[int, bool, int, int]], restarts: set[int]) -> None:
    """Readings of five cameras in any order; `kept` is killed before some of them."""
    rules = [lost(), lost(SHARE, "share"), lost({**LOST, "by": "all", "hold_s": 60}, "held")]
    kept, undisturbed = Kept(), Kept()
    judge, other = kept.judge(*rules), undisturbed.judge(*rules)
    clock = 0
    for number, (camera, online, late, pause) in enumerate(story):
        clock += pause
        if number in restarts:
            judge = kept.judge(*rules)
        see(kept, judge, clock - late / 2, camera, online)
        see(undisturbed, other, clock - late / 2, camera, online)
    assert kept.history == undisturbed.history
    assert kept.alarms == undisturbed.alarms
    assert kept.notices == undisturbed.notices


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 200)), max_size=60))
def test_the_level_is_what_counting_by_hand_says(story: list[tuple[int, bool, int]]) -> None:
    kind = NOfM.model_validate(LOST)
    inputs: list[Input] = []
    newest: dict[int, tuple[int, bool]] = {}
    expected: list[tuple[int, int]] = []
    clock = 0
    for camera, online, pause in story:
        clock += pause * 1000
        inputs.append(Input(clock, float(online), ("gw", f"cam-{camera}")))
        newest[camera] = (clock, online)
        count = sum(not online and clock - at < 300_000 for at, online in newest.values())
        level = (count >= 2) + (count >= 3)
        if level != (expected[-1][1] if expected else 0):
            expected.append((clock, level))
    standing, moves = replay(kind, inputs)
    assert [(move.at, move.after) for move in moves] == expected
    assert standing.level == (expected[-1][1] if expected else 0)


def test_quiet_members_of_an_idle_group_leave_nothing_to_keep() -> None:
    kept = Kept()
    judge = kept.judge(lost())
    see(kept, judge, 0, 1, True)
    part = block([(START + 60_000, True), (START + 61_000, True)], point="online", profile="ip_camera", device="cam-1")
    kept.keep(judge.observe([part], received_at=START + 61_000))
    said = judge.observe([part], received_at=START + 61_000)
    assert {row.rule for row in said.rule_states} == {"@seen"}


def test_a_rule_that_breaks_stops_alone() -> None:
    class Broken(NOfM):
        def figure_of(self, memories: object, given: object, at: int) -> float | None:
            raise ZeroDivisionError

    kept = Kept()
    broken = lost(identifier="broken").model_copy(update={"kind": Broken.model_validate(LOST)})
    judge = kept.judge(broken, lost())
    for camera in range(2):
        see(kept, judge, camera, camera, False)
    assert list(judge.faults) == ["broken"]
    assert kept.story() == [("raised", "some", 1)]


def test_heads_are_counted_as_by_hand_whatever_comes_and_goes() -> None:
    @settings(deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([MET, NOT_MET, None]), st.integers(0, 9))))
    def counted(story: list[tuple[int, float | None, int]]) -> None:
        heads, by_hand, clock = Headcount(met_ms=5, member_ms=12), dict[int, tuple[int, float]](), 0
        for device, state, pause in story:
            clock += pause
            slot = (("gw", str(device)), 0)
            if state is not None:
                heads[slot] = ((clock, state),)
                by_hand[device] = clock, state
            elif slot in heads:
                del heads[slot]
                del by_hand[device]
            assert len(heads.met(clock)) == sum(s == MET and clock - at < 5 for at, s in by_hand.values())
            assert heads.members(clock) == sum(clock - at < 12 for at, _ in by_hand.values())

    counted()
