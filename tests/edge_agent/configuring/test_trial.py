"""When a configuration that is tried counts as good, and when it does not."""

from __future__ import annotations

import pytest

from edge_agent.configuring.trial import Evidence, judge
from edge_agent.configuring.versions import Label, Trial

LABEL = Label(7, "777777777777", "centre")
LINKED = Trial(LABEL, within_s=300, needs_link=True, answered=("a", "b"))
OFFLINE = Trial(LABEL, within_s=300, needs_link=False, answered=("a", "b"))
ALL = {"a": True, "b": True, "new": False}


@pytest.mark.parametrize(
    ("trial", "evidence", "verdict", "missing"),
    [
        (LINKED, Evidence(True, True, ALL), "good", ""),
        (LINKED, Evidence(False, True, ALL), "wait", "link"),
        (LINKED, Evidence(True, False, ALL), "wait", "centre"),
        (LINKED, Evidence(True, True, {"a": True, "b": False}), "wait", "devices: b"),
        (LINKED, Evidence(True, True, {"a": True}), "good", ""),  # b was taken away on purpose
        (OFFLINE, Evidence(False, False, ALL), "good", ""),  # there was no link before either
        (OFFLINE, Evidence(False, False, {"a": False, "b": False}), "wait", "devices: a, b"),
    ],
)
def test_what_was_there_before_has_to_be_there_again(
    trial: Trial, evidence: Evidence, verdict: str, missing: str
) -> None:
    assert judge(trial, evidence, elapsed_s=1) == (verdict, missing)
    late = judge(trial, evidence, elapsed_s=300)
    assert late == ("bad" if verdict == "wait" else verdict, missing)
