"""A gateway that is gone for good leaves no alarm behind, and none comes of it later, whatever restarts."""

from __future__ import annotations

import pytest

from tests.cloud.rules.test_gateways import GATEWAY, SILENT_S, Stage


def _leave(stage: Stage) -> None:
    stage.fleet.moved(GATEWAY, None)
    stage.is_up = False
    stage.kept.keep(stage.judge.leave(GATEWAY, now=stage.now))


@pytest.mark.parametrize("restarts", [False, True])
def test_the_silence_of_a_retired_gateway_is_nobodys_problem(*, restarts: bool) -> None:
    stage = Stage(("d1", "d2"))
    stage.run(600)
    stage.dead = {"d2"}
    stage.run(2 * SILENT_S)
    assert stage.active("silent") == {"d2"}
    _leave(stage)
    assert stage.active("silent") == set()
    if restarts:
        stage.restart()
    stage.run(7200)
    assert [line.what for line in stage.kept.history] == ["raised", "cleared"]


@pytest.mark.parametrize("restarts", [False, True])
def test_the_alarm_of_a_gateway_that_was_away_ends_with_it(*, restarts: bool) -> None:
    stage = Stage(("d1",))
    stage.run(600)
    stage.say("lost")
    stage.run(600)
    assert stage.active("gateway_away") == {"@gateway"}
    if restarts:
        stage.restart()
    _leave(stage)
    stage.run(7200)
    assert stage.active("gateway_away") == set()
    assert [line.what for line in stage.kept.history] == ["raised", "cleared"]


def test_to_forget_twice_or_a_stranger_changes_nothing() -> None:
    stage = Stage(("d1",))
    stage.run(600)
    _leave(stage)
    again = stage.judge.leave(GATEWAY, now=stage.now)
    assert (again.alarms, again.history, list(again.rule_states)) == ([], [], [])
