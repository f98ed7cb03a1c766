"""The record of an update: any order of steps keeps it legal, and what was good stays known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.updating import adopting
from edge_agent.updating.record import (
    MOST_STARTS,
    NAME,
    TABLE,
    Phase,
    RecordError,
    Trigger,
    Update,
    asked,
    at_start,
    installed,
    point,
    read_update,
    stepped,
    write_update,
)

GOOD = Update(good="0.1.0", previous="0.0.9", failed={"0.1.5": "its gate"})


@given(st.lists(st.sampled_from(Trigger), max_size=60))
def test_any_order_of_triggers_keeps_a_version_to_run(triggers: list[Trigger]) -> None:
    update = GOOD
    for trigger in triggers:
        if update.phase is Phase.IDLE and trigger is Trigger.ASK:
            update = asked(update, "0.2.0")
        elif (update.phase, trigger) in TABLE and not (trigger is Trigger.RETURN and not update.previous):
            update = stepped(update, trigger, reason="because")
        else:
            with pytest.raises(RecordError):
                _ = stepped(replace(update, phase=Phase.IDLE), Trigger.FAIL)
        assert update.good
        assert update.runs in {"0.0.9", "0.1.0", "0.2.0"}
        if update.phase not in (Phase.GATE, Phase.COMMIT):
            assert update.runs == update.good


def moved(update: Update, *triggers: Trigger) -> Update:
    for trigger in triggers:
        update = stepped(update, trigger, reason="because")
    return update


TO_SWITCH = (Trigger.ACCEPT, Trigger.FETCHED, Trigger.PROVEN, Trigger.INSTALLED)


def test_a_taken_update_is_good_and_forgets_its_failures() -> None:
    begun = replace(asked(GOOD, "0.2.0"), failed={"0.2.0": "once", "0.1.5": "its gate"})
    ended = moved(begun, *TO_SWITCH, Trigger.SWITCHED, Trigger.START, Trigger.HEALTHY, Trigger.CLEANED)
    assert (ended.phase, ended.good, ended.previous, ended.reason) == (Phase.IDLE, "0.2.0", "0.1.0", "")
    assert dict(ended.failed) == {"0.1.5": "its gate"}


def test_a_version_that_failed_is_remembered_with_the_reason() -> None:
    ended = moved(asked(GOOD, "0.2.0"), *TO_SWITCH, Trigger.SWITCHED, Trigger.START, Trigger.FAIL, Trigger.RETURNED)
    assert (ended.phase, ended.good, ended.previous) == (Phase.IDLE, "0.1.0", "0.0.9")
    assert ended.failed == {"0.1.5": "its gate", "0.2.0": "because"}


def test_a_return_by_hand_gives_up_what_was_good() -> None:
    ended = moved(GOOD, Trigger.RETURN, Trigger.RETURNED)
    assert (ended.good, ended.previous, ended.failed["0.1.0"]) == ("0.0.9", "", "because")


@pytest.mark.parametrize("phase", [Phase.SWITCH, Phase.RESTART, Phase.GATE])
def test_a_trial_is_given_up_after_three_starts(phase: Phase) -> None:
    update = replace(GOOD, version="0.2.0", phase=phase)
    for _ in range(MOST_STARTS):
        update = at_start(update)
        assert (update.phase, update.runs) == (Phase.GATE, "0.2.0")
    assert at_start(update).phase is Phase.ROLL_BACK
    assert at_start(update).runs == "0.1.0"


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.SWITCH, Phase.RESTART, Phase.GATE}))
def test_a_start_moves_nothing_else(phase: Phase) -> None:
    update = replace(GOOD, version="0.2.0", phase=phase)
    assert at_start(update) == update


updates = st.builds(
    Update,
    phase=st.sampled_from(Phase),
    good=st.sampled_from(["", "0.1.0", "1.2rc3"]),
    version=st.sampled_from(["", "0.2.0"]),
    starts=st.integers(0, 5),
    reason=st.text(max_size=20),
    baseline_link=st.booleans(),
    baseline_devices=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    failed=st.dictionaries(st.just("0.3.0"), st.text(max_size=9)),
)


@given(update=updates)
def test_what_is_written_is_read_back(update: Update, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("updates")
    write_update(folder, update)
    assert read_update(folder) == update
    assert [path.name for path in folder.iterdir()] == [NAME]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"v":2}', '{"v":1}', '{"v":1,"phase":"nowhere"}', '{"v":1,"phase":"idle","good":"../x"}']
)
def test_a_record_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(RecordError):
        read_update(tmp_path)


def test_a_record_of_a_later_version_is_understood(tmp_path: Path) -> None:
    write_update(tmp_path, GOOD)
    table = json.loads((tmp_path / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps({**table, "mood": "fine"}))
    assert read_update(tmp_path) == GOOD
    assert read_update(tmp_path / "none") == Update()


def test_links_and_folders(tmp_path: Path) -> None:
    for name in ("0.9", "0.10.0", ".0.3.0.part", "lost+found"):
        (tmp_path / "versions" / name).mkdir(parents=True)
    assert installed(tmp_path) == ["0.9", "0.10.0"]
    assert installed(tmp_path / "nowhere") == []
    for version in ("0.9", "0.10.0", "0.10.0"):
        point(tmp_path / "current", version)
    assert (tmp_path / "current").resolve() == tmp_path / "versions" / "0.10.0"


@pytest.mark.parametrize("phase", sorted(Phase))
def test_what_the_package_installs_is_good_whatever_was_under_way(phase: Phase, tmp_path: Path) -> None:
    for version in ("0.1.0", "0.3.0"):
        (tmp_path / "versions" / version).mkdir(parents=True)
    (tmp_path / "updates").mkdir()
    write_update(tmp_path / "updates", replace(GOOD, phase=phase, version="0.2.0", failed={"0.3.0": "once"}))
    for _ in range(2):  # installing it again changes nothing
        assert adopting.main(["--root", str(tmp_path), "--data", str(tmp_path), "--version", "0.3.0"]) == 0
        made = read_update(tmp_path / "updates")
        assert (made.phase, made.good, made.previous, made.failed) == (Phase.IDLE, "0.3.0", "0.1.0", {})
    assert {(tmp_path / name).readlink().name for name in ("current", "good")} == {"0.3.0"}
    assert adopting.main(["--root", str(tmp_path), "--data", str(tmp_path), "--version", "0.9.0"]) == 1
