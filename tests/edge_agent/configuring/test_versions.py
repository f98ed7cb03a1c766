"""The life of configurations: whatever happens in whatever order, something good is always known and kept."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.configuring.versions import (
    FILE,
    Label,
    OrderError,
    Trial,
    Versions,
    begin,
    confirm,
    give_up,
    propose,
    refuse,
    revert,
    running,
    settle,
)

NEW = Label(7, "777777777777", "centre")
NEWER = Label(8, "888888888888", "centre")
SITE = Label(7, "aaaaaaaaaaaa", "site")


def trial(label: Label = NEW) -> Trial:
    return Trial(label, within_s=300, needs_link=True, answered=("gauge-1",))


labels = st.builds(
    Label,
    version=st.integers(1, 9),
    hash=st.sampled_from(["a" * 12, "b" * 12, "c" * 12]),
    source=st.sampled_from(["centre", "site"]),
)
Step = Callable[[Versions], Versions]
steps = st.one_of(
    labels.map(lambda label: lambda versions: propose(versions, trial(label))),
    labels.map(lambda label: lambda versions: settle(versions, label)),
    labels.map(lambda label: lambda versions: refuse(versions, label, "wrong")),
    st.sampled_from([confirm, begin, lambda v: give_up(v, "link"), lambda v: revert(v, "by_hand")]),
)


@given(st.lists(steps, max_size=12))
def test_any_order_of_steps_keeps_what_is_needed_to_come_back(taken: list[Step]) -> None:
    versions = Versions()
    for step in taken:
        before = versions
        try:
            versions = step(versions)
        except OrderError:
            assert versions == before
            continue
        assert versions.newest >= before.newest
        assert versions.runs == (versions.trial.label if versions.trial else versions.good)
        assert {versions.good.key, versions.runs.key} - {""} <= versions.keys
        survived = msgspec.json.decode(msgspec.json.encode(versions), type=Versions)  # kill -9 after any step
        assert survived == versions


@given(st.lists(steps, max_size=6), labels)
def test_a_trial_that_ends_the_program_is_given_up_at_the_second_start(taken: list[Step], label: Label) -> None:
    versions = Versions()
    for step in taken:
        try:
            versions = step(versions)
        except OrderError:
            continue
    tried = propose(versions, trial(label))
    assert begin(tried).runs == label
    given = begin(begin(tried))
    assert given.trial is None
    assert given.good == versions.good
    assert given.given_up is not None
    assert given.given_up.reason == "restarts"


def test_a_trial_becomes_good_and_what_was_good_is_kept_for_a_return() -> None:
    good = confirm(propose(confirm(propose(Versions(), trial())), trial(NEWER)))
    assert (good.good, good.former, good.newest) == (NEWER, NEW, 8)
    back = revert(good, "by_hand")
    assert (back.good, back.runs, back.newest) == (NEW, NEW, 8)
    assert running(back, "file").state == "rolled_back"
    assert running(back, "file").tried == 8
    with pytest.raises(OrderError):
        revert(back, "by_hand")


def test_what_is_given_up_leaves_the_good_one_and_its_reason() -> None:
    versions = give_up(propose(Versions(), trial()), "link")
    said = running(versions, "0123456789ab")
    assert (said.version, said.hash, said.source) == (0, "0123456789ab", "file")
    assert (said.state, said.tried, said.reason) == ("rolled_back", 7, "link")
    assert not versions.wants(7)
    assert versions.wants(8)


def test_a_newer_one_takes_the_place_of_one_that_is_being_tried() -> None:
    versions = propose(propose(Versions(), trial()), trial(NEWER))
    assert versions.runs == NEWER
    assert give_up(versions, "link").runs == FILE


def test_a_change_at_the_site_is_adopted_by_the_centre_without_a_trial() -> None:
    at_site = confirm(propose(confirm(propose(Versions(), trial())), trial(SITE)))
    adopted = settle(at_site, Label(8, SITE.hash, "centre"))
    assert running(adopted, "").state == "active"
    assert (adopted.good.version, adopted.former, adopted.newest) == (8, NEW, 8)


@pytest.mark.parametrize("step", [confirm, lambda v: give_up(v, "link")], ids=["confirm", "give_up"])
def test_without_a_trial_there_is_nothing_to_judge(step: Step) -> None:
    with pytest.raises(OrderError):
        step(Versions())


def test_nobody_goes_back_in_the_middle_of_a_trial() -> None:
    with pytest.raises(OrderError):
        revert(propose(Versions(), trial()), "by_hand")
