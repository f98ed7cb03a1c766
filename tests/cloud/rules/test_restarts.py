"""The centre killed between any two things that happen: the story of the alarms stays the same."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloud.alarms.lifecycle import AlarmError
from cloud.rules import desk, shelving
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge
from cloud.rules.rule import Rule
from cloud.store.base import AlarmFilter, Commit
from cloud.store.sql import SqlStateStore
from tests.cloud.rules.builders import FLOOD, MINUTE, START, Kept, block, minutes, rule, stale_rule

Step = tuple[str, int, float]

RULES = [
    rule(index="flood_level"),
    rule("held", kind={"kind": "threshold", "unit": "m", "hold_s": 90, "levels": FLOOD}),
    rule(
        "rise",
        kind={
            "kind": "rate_of_change",
            "unit": "m/h",
            "window_s": 300,
            "min_span_s": 60,
            "levels": [{"name": "fast", "severity": 2, "above": 30.0, "clear": 10.0}],
        },
    ),
    stale_rule(120, 300),
    stale_rule(200, point="level_m").model_copy(update={"id": "point_silent"}),
]

steps = st.lists(
    st.tuples(
        st.sampled_from(["read", "read", "read", "doubt", "late", "silence", "health", "acknowledge", "shelve"]),
        st.integers(0, 3),
        st.floats(28, 34).map(lambda value: round(value, 1)),
    ),
    max_size=25,
)


def play(story: list[Step], *, restarts: bool) -> Kept:
    """Plays a story half a minute per step, with or without a new judge before each step."""
    kept = Kept()
    judge = kept.judge(*RULES)
    for number, step in enumerate(story):
        if restarts:
            judge = kept.judge(*RULES)
        _happen(kept, judge, step, START + number * MINUTE // 2)
    return kept


def _happen(kept: Kept, judge: Judge, step: Step, now: int) -> None:
    what, number, value = step
    if what in ("read", "doubt"):
        marks = [(0, "uncertain:rate")] if what == "doubt" else []
        kept.keep(judge.observe([block([(now, value)], quality=marks)], received_at=now))
    elif what == "late":
        kept.keep(judge.observe([block([(now - (number + 1) * MINUTE, value)])], received_at=now))
    elif what in ("acknowledge", "shelve"):
        identifier = sorted(kept.alarms)[number] if len(kept.alarms) > number else "none"
        with contextlib.suppress(AlarmError):
            if what == "acknowledge":
                kept.keep(judge.act(desk.acknowledge(identifier, Remark("lan", "")), now=now))
            else:
                kept.keep(
                    judge.act(shelving.shelve(identifier, Remark("lan", "works"), until=now + 2 * MINUTE), now=now)
                )
    elif what == "health":
        judge.heard("gw-1", "river-1", "river_gauge_radar", now, settled=number > 1)
    kept.keep(judge.tick(now))


@settings(max_examples=150, deadline=None)
@example([("late", 2, 28.0), *[("silence", 0, 28.0)] * 5])  # silent since before the centre listened
@given(steps)
def test_a_kill_between_any_two_steps_changes_nothing(story: list[Step]) -> None:
    undisturbed, killed = play(story, restarts=False), play(story, restarts=True)
    assert killed.alarms == undisturbed.alarms
    assert killed.history == undisturbed.history
    assert killed.notices == undisturbed.notices
    assert killed.derived == undisturbed.derived


def test_the_database_takes_an_alarm_that_ends_and_its_successor_in_one_commit(tmp_path: Path) -> None:
    store = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    store.migrate()
    kept = Kept()
    only: Rule = rule()
    judge = kept.judge(only)
    for judgement in (
        judge.observe([block(minutes(30.5))], received_at=START),
        judge.act(desk.acknowledge(next(iter(judge.open_alarms())).id, Remark("lan", "")), now=START),
        judge.observe([block(minutes(29.0, 30.5, 31.5, start=START + MINUTE))], received_at=START + 3 * MINUTE),
    ):
        kept.keep(judgement)
        store.commit(
            Commit(
                rule_states=judgement.rule_states,
                alarms=judgement.alarms,
                history=judgement.history,
                notices=judgement.notices,
            )
        )
    rows = store.alarms(AlarmFilter(), before=None, limit=9)
    assert [(row.level, row.open) for row in rows] == [("II", True), ("I", False)]
    assert [line.what for line in store.history(rows[0].id)] == ["raised", "escalated"]
    again = kept.judge(only)
    again.restore(store.rule_states(), store.alarms(AlarmFilter(open=True), before=None, limit=9))
    assert [row.id for row in again.open_alarms()] == [rows[0].id]
    store.close()
