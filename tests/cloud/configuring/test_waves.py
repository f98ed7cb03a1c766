"""Roll-outs in waves: whoever comes next only after the former were good, and never after harm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cloud.configuring.waves import BAD, LIFE, Plan, RolloutError, Seen, Trigger, acted, step, waves_of
from cloud.store.configuration_port import MemberRow, RolloutRow, RolloutState

PLAN = Plan(sizes=(1, 2), good_share=0.5, soak_s=10, answer_s=60, stop_rolled_back=2, stop_lost=2)
BEGUN = RolloutRow("r", "", "lan", 0, "", "", "", "running", wave_at=0)
NAMES = ("a", "b", "c", "d")
HERE = Seen(online=True)
GOOD = Seen(online=True, version=2, standing="active", desired=2)
BACK = Seen(online=True, version=1, standing="rolled_back", failed=2, reason="link_away", desired=2)


class Fleet:
    """Four gateways and what becomes of a change there; plays the part of the office."""

    def __init__(self, plan: Plan = PLAN, names: tuple[str, ...] = NAMES) -> None:
        self.plan = plan
        self.rollout = BEGUN
        self.members = {name: MemberRow("r", name, wave) for name, wave in waves_of(names, plan.sizes).items()}
        self.seen = dict.fromkeys(names, HERE)
        self.now = 0
        self.sent: list[tuple[int, str]] = []

    def look(self, after_s: float = 1) -> tuple[str, ...]:
        """Time goes on, and the planner looks."""
        self.now += round(after_s * 1000)
        found = step(self.rollout, list(self.members.values()), self.plan, self.seen, now=self.now)
        self.rollout = found.rollout
        self.members |= {each.gateway: each for each in found.members}
        for name in found.send:
            self.members[name] = replace(self.members[name], state="sent", version=2, at=self.now)
            self.sent.append((self.now, name))
        return found.send

    def states(self) -> list[str]:
        """Where each stands."""
        return [each.state for each in self.members.values()]


def test_gateways_stand_in_waves_and_the_last_size_repeats() -> None:
    assert waves_of("abcdefg", (1, 2)) == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 2, "f": 3, "g": 3}


def test_the_next_wave_begins_after_the_soak_and_the_last_one_ends_it() -> None:
    fleet = Fleet()
    assert fleet.look() == ("a",)
    fleet.seen["a"] = GOOD
    assert fleet.look() == ()
    assert fleet.look(9) == ()
    assert fleet.look(2) == ("b", "c")
    fleet.seen |= {"b": GOOD, "c": GOOD}
    fleet.look()
    assert fleet.look(11) == ("d",)
    fleet.seen["d"] = GOOD
    fleet.look()
    fleet.look(11)
    assert fleet.rollout.state == "done"
    assert fleet.states() == ["good"] * 4


def test_two_that_return_stop_it() -> None:
    fleet = Fleet(replace(PLAN, good_share=0.0))
    fleet.look()
    fleet.seen["a"] = BACK
    fleet.look()
    assert fleet.members["a"].reason == "link_away"
    assert fleet.rollout.state == "running"
    fleet.rollout = replace(fleet.rollout, wave=1)
    fleet.look()
    fleet.seen["b"] = BACK
    fleet.look()
    assert (fleet.rollout.state, fleet.rollout.reason) == ("stopped", "2 rolled back or refused")
    assert fleet.look(3600) == ()


def test_too_few_good_stop_it() -> None:
    fleet = Fleet()
    fleet.look()
    fleet.seen["a"] = BACK
    fleet.look()
    assert (fleet.rollout.state, fleet.rollout.reason) == ("stopped", "0 of 1 good in wave 1")


def test_whoever_does_not_answer_or_goes_is_lost() -> None:
    fleet = Fleet(replace(PLAN, stop_lost=1, good_share=0.0))
    fleet.look()
    fleet.look(61)
    assert (fleet.members["a"].state, fleet.members["a"].reason) == ("lost", "no answer")
    assert fleet.rollout.state == "stopped"
    fleet = Fleet(replace(PLAN, stop_lost=1, soak_s=300))
    fleet.look()
    fleet.seen["a"] = GOOD
    fleet.look()
    fleet.seen["a"] = replace(GOOD, online=False, since=fleet.now)
    fleet.look(61)
    assert (fleet.members["a"].reason, fleet.rollout.state) == ("away since the change", "stopped")


def test_who_is_away_gets_it_when_it_is_back_and_holds_up_nobody() -> None:
    fleet = Fleet()
    fleet.seen["b"] = Seen(online=False)
    fleet.look()
    fleet.seen["a"] = GOOD
    fleet.look()
    assert fleet.look(11) == ("c",)
    fleet.seen["c"] = GOOD
    fleet.look()
    fleet.look(11)
    fleet.seen["d"] = GOOD
    fleet.look(11)
    fleet.look(11)
    assert fleet.rollout.state == "running"
    fleet.seen["b"] = HERE
    assert fleet.look() == ("b",)


def test_nobody_goes_on_before_anybody_proved_it() -> None:
    fleet = Fleet()
    fleet.seen["a"] = Seen(online=False)
    assert fleet.look(3600) == ()
    assert fleet.rollout.wave == 0


def test_a_paused_one_learns_but_sends_nothing() -> None:
    fleet = Fleet()
    fleet.look()
    fleet.rollout = acted(fleet.rollout, "pause", actor="lan", now=1)
    fleet.seen["a"] = GOOD
    assert fleet.look(3600) == ()
    assert fleet.states()[0] == "good"
    fleet.rollout = acted(fleet.rollout, "resume", actor="lan", now=2)
    assert fleet.look(11) == ("b", "c")


def test_what_somebody_changed_meanwhile_is_overtaken() -> None:
    fleet = Fleet()
    fleet.look()
    fleet.seen["a"] = replace(GOOD, version=1, desired=3)
    fleet.look()
    assert fleet.states()[0] == "overtaken"


def test_another_person_confirms() -> None:
    asked = replace(BEGUN, state="asked")
    with pytest.raises(RolloutError, match="another person"):
        acted(asked, "confirm", actor="lan", now=7)
    begun = acted(asked, "confirm", actor="minh", now=7)
    assert (begun.state, begun.confirmed_by, begun.wave_at) == ("running", "minh", 7)


STATES: tuple[RolloutState, ...] = ("asked", "running", "paused", "stopped", "aborted", "done")
TRIGGERS: tuple[Trigger, ...] = ("confirm", "pause", "resume", "abort")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_only_the_table_moves_a_rollout(state: RolloutState, trigger: Trigger) -> None:
    before = replace(BEGUN, state=state)
    if (state, trigger) in LIFE:
        assert acted(before, trigger, actor="minh", now=1).state == LIFE[state, trigger]
    else:
        with pytest.raises(RolloutError, match=state):
            acted(before, trigger, actor="minh", now=1)


seen_ones = some.builds(
    Seen,
    online=some.booleans(),
    since=some.integers(0, 200_000),
    version=some.integers(1, 2),
    standing=some.sampled_from(["active", "trial", "rolled_back"]),
    failed=some.sampled_from([0, 2]),
    desired=some.integers(1, 3),
)
plans = some.builds(
    Plan,
    sizes=some.lists(some.integers(1, 3), min_size=1, max_size=3).map(tuple),
    good_share=some.sampled_from([0.0, 0.5, 1.0]),
    soak_s=some.sampled_from([0.0, 5.0]),
    answer_s=some.just(30.0),
    stop_rolled_back=some.integers(0, 2),
    stop_lost=some.integers(0, 2),
)
looks = some.lists(
    some.tuples(some.sampled_from([0, 1, 7, 40]), some.dictionaries(some.sampled_from("abcdefg"), seen_ones)),
    max_size=25,
)


@given(plan=plans, looks=looks)
def test_whatever_happens_the_promises_hold(plan: Plan, looks: list[tuple[int, dict[str, Seen]]]) -> None:
    fleet = Fleet(plan, tuple("abcdefg"))
    for after_s, seen in looks:
        fleet.seen |= seen
        before = fleet.rollout
        harmed = sum(each.state in BAD for each in fleet.members.values())
        sent = fleet.look(after_s)
        wave = fleet.rollout.wave
        assert wave in (before.wave, before.wave + 1)
        assert all(fleet.members[name].wave <= wave for name in sent)
        if before.state != "running":
            assert fleet.rollout.state == before.state
            assert not sent
        if wave > before.wave:
            mine = [each for each in fleet.members.values() if each.wave == before.wave]
            states = [each.state for each in mine if each.state not in ("waiting", "overtaken")]
            assert "sent" not in states
            assert states.count("good") >= plan.good_share * len(states)
            assert all(fleet.now - each.at >= plan.soak_s * 1000 for each in mine if each.state == "good")
        bad = [each.state for each in fleet.members.values() if each.state in BAD]
        assert len(bad) >= harmed
        if plan.stop_lost and bad.count("lost") >= plan.stop_lost:
            assert fleet.rollout.state != "running"
            assert not sent
    names = [name for _, name in fleet.sent]
    assert len(names) == len(set(names))
