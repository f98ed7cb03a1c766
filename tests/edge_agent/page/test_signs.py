"""What a technician is told first: every case has a state, words in both languages, and a next step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.page.signs import Seen, Sign, signs_of, worst_of
from edge_agent.page.status import facts_of
from edge_agent.page.words import LANGUAGES, word, words

NOW = 1_795_000_000_000
PLENTY = 50_000_000_000
MEMBER = {"state": "member", "gateway": "gw-1", "days_left": 80.0}


def signs(
    status: dict[str, Any] | None, *, ups: dict[str, Any] | None = None, free: int = PLENTY, now: int = NOW
) -> dict[str, Sign]:
    return {sign.key: sign for sign in signs_of(Seen(status, ups or {}, free, now))}


@pytest.mark.parametrize(
    ("status", "key", "case", "state"),
    [
        ({"link": {"up": True}}, "link", "up", "good"),
        ({"link": {"up": False, "fault": "no_broker"}}, "link", "not_joined", "watch"),
        ({"link": {"up": False, "fault": "no_broker"}, "identity": MEMBER}, "link", "trying", "watch"),
        ({"link": {"up": False, "fault": "tls_name"}}, "link", "tls_name", "wrong"),
        ({"link": {"up": False, "fault": "something new"}}, "link", "lost", "wrong"),
        ({}, "devices", "none_yet", "watch"),
        ({"devices": [{"id": "a", "fault": "", "read_at": NOW}]}, "devices", "answering", "good"),
        ({"devices": [{"id": "a", "fault": "", "read_at": 0}]}, "devices", "waiting", "good"),
        ({"devices": [{"id": "a", "fault": "timeout"}]}, "devices", "silent", "wrong"),
        ({"clock": "doubtful"}, "clock", "doubtful", "watch"),
        ({"identity": {"state": "none"}}, "certificate", "none", "none"),
        ({"identity": MEMBER | {"days_left": 5}}, "certificate", "few_days", "watch"),
        ({"identity": {"state": "revoked"}}, "certificate", "revoked", "wrong"),
        ({"identity": {"state": "a state to come"}}, "certificate", "damaged", "wrong"),
        ({"configuration": {"state": "trial", "version": 4}}, "configuration", "trial", "watch"),
        ({"configuration": {"state": "rolled_back", "version": 3}}, "configuration", "rolled_back", "watch"),
        ({"configuration": {"state": "active", "faults": [{"reason": "x"}]}}, "configuration", "faulty", "wrong"),
        ({"hours_left": 1.5}, "hours", "none_left", "wrong"),
        ({"hours_left": None}, "hours", "plenty", "good"),
    ],
)
def test_what_the_agent_says_becomes_a_sign(status: dict[str, Any], key: str, case: str, state: str) -> None:
    sign = signs(status)[key]
    assert (sign.case, sign.state) == (case, state)


def test_the_cabinets_ups_says_power_and_signal() -> None:
    found = signs({}, ups={"mains": False, "battery_pct": 40, "battery_min": 90, "signal_dbm": -115})
    assert (found["power"].case, found["signal"].case) == ("battery", "lost")
    assert signs({})["power"].state == "none"


def test_a_clock_that_was_never_set_and_a_full_disk_need_no_agent() -> None:
    found = signs(None, free=100_000_000, now=86_400_000)
    assert [(sign.key, sign.case) for sign in worst_of(list(found.values()))] == [
        ("agent", "away"), ("clock", "not_set"), ("disk", "full"),
    ]  # fmt: skip


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PARTS = st.sampled_from(["link", "devices", "clock", "identity", "configuration", "hours_left", "backlog"])


@given(st.dictionaries(PARTS, ANYTHING), st.dictionaries(st.sampled_from(["mains", "signal_dbm"]), ANYTHING))
def test_whatever_an_agent_of_another_version_says_there_are_words_for_it(
    status: dict[str, Any], ups: dict[str, Any]
) -> None:
    for sign in signs(status, ups=ups).values():
        for language in LANGUAGES:
            assert word(language, f"sign_{sign.key}.{sign.case}", **facts_of(sign, language))
            if sign.state in ("watch", "wrong"):
                assert sign.case in words(language)[f"next_{sign.key}"]
