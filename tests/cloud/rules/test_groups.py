"""Groups through everything that happens to a centre: devices move, rules change, programs are killed."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloud.rules.judge import Judge
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule

AREAS = {"north": ["thac-ba", "lao-cai"], "south": ["yen-binh", "lao-cai"], "far": ["ha-giang"]}
LEVEL = [{"name": "one", "severity": 3, "above": 2.0, "clear": 1.0}]
PUMP: dict[str, object] = {"profile": "pump", "point": "value"}
WELL: dict[str, object] = {"profile": "well", "point": "value"}


def built(identifier: str, kind: dict[str, Any], selector: dict[str, object] = PUMP, **more: Any) -> Rule:
    """A rule with this kind; an empty selector is left out."""
    plain = rule(identifier, **more).model_dump(exclude={"kind", "selector"})
    return Rule.model_validate({**plain, "kind": kind, **({"selector": selector} if selector else {})})


def rules(number: int) -> list[Rule]:
    """One of three rule sets that are much alike."""
    count = {"kind": "n_of_m", "by": ["site", "area", "all"][number], "condition": {"above": 2}, "within_s": 300}
    beside = {"kind": "compare", "by": "area", "unit": "1", "other": WELL, "max_age_s": 300, "levels": LEVEL}
    middle = {"kind": "compare", "by": "all", "unit": "1", "against": "median", "max_age_s": 300, "levels": LEVEL}
    soon = {"kind": "sequence", "by": "site", "first": {"above": 2}, "then": {"above": 2}, "other": WELL}
    listening = {"kind": "combination", "by": ["site", "area", "site"][number], "levels": LEVEL}
    return [
        built("own", {"kind": "threshold", "levels": LEVEL}, unless=["both"], unless_by="area"),
        built("many", {**count, "hold_s": [0, 60, 90][number], "levels": LEVEL}, folds=["own"]),
        built("beside", beside),
        built("middle", middle),
        built("soon", {**soon, "levels": [{"name": "soon", "severity": 3, "within_s": 600}]}),
        built("both", {**listening, "alarms": [{"rule": "own"}, {"rule": "many"}, {"rule": "soon"}]}, {}),
    ][number and 1 :]


MOVED = [  # a device becomes another one elsewhere, and comes back
    *[("read", "pump", 0, 0.0, "north", 0)] * 3,
    ("read", "pump", 0, 2.0, "north", 0),
    ("read", "well", 0, 2.0, "south", 0),
    ("read", "pump", 0, 0.0, "north", 0),
    ("read", "pump", 0, 0.0, "north", 0),
]
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("read"),
            st.sampled_from(["pump", "well"]),
            st.integers(0, 2),
            st.sampled_from([0.0, 1.5, 2.0, 4.0]),
            st.sampled_from(["north", "north", "south", "far"]),
            st.integers(0, 3),
        ),
        st.tuples(st.just("rules"), st.integers(0, 2)),
    ),
    max_size=30,
)


def happen(kept: Kept, judge: Judge, step: tuple[Any, ...], minute: float) -> None:
    """One step, and then a moment passes."""
    now = START + round(minute * MINUTE)
    if step[0] == "rules":
        kept.keep(judge.replace(rule_set(rules(step[1])), now=now))
    else:
        _, profile, device, value, site, late = step
        at = now - late * MINUTE // 2
        part = block([(at, value)], point="value", profile=profile, device=f"d-{device}", gateway="gw", site=site)
        kept.keep(judge.observe([part], received_at=now))
    kept.keep(judge.tick(now))


@settings(max_examples=40, deadline=None)
@example(MOVED, {6})
@example([*MOVED[:5], ("read", "well", 0, 0.0, "north", 0), MOVED[3], ("read", "well", 1, 4.0, "north", 0)], {6, 7})
@given(STEPS, st.sets(st.integers(0, 29)))
def test_a_kill_between_any_two_steps_changes_nothing(steps: list[tuple[Any, ...]], kills: set[int]) -> None:
    kept, undisturbed, chosen = Kept(), Kept(), 0
    judge, other = kept.judge(*rules(0), areas=AREAS), undisturbed.judge(*rules(0), areas=AREAS)
    for number, step in enumerate(steps):
        if number in kills:
            judge = kept.judge(*rules(chosen), areas=AREAS)
        chosen = step[1] if step[0] == "rules" else chosen
        happen(kept, judge, step, number / 2)
        happen(undisturbed, other, step, number / 2)
    assert not judge.faults
    assert kept.history == undisturbed.history
    assert kept.alarms == undisturbed.alarms
    assert kept.notices == undisturbed.notices


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_nothing_is_kept_of_what_is_gone(steps: list[tuple[Any, ...]]) -> None:
    kept = Kept()
    judge = kept.judge(*rules(0), areas=AREAS)
    for number, step in enumerate(steps):
        happen(kept, judge, step, number / 2)
    kept.keep(judge.replace(rule_set([]), now=START + 60 * MINUTE))
    kept.keep(judge.tick(START + 70 * MINUTE))
    assert not [row for row in kept.alarms.values() if row.state in ("unacked", "acked")]
    left = {row.rule for row in kept.states.values() if row.state and not row.rule.startswith(("@flap", "@review"))}
    assert left <= {"@seen", "@ears"}
