"""The verifier itself: each way to be wrong has its own number."""

from __future__ import annotations

import pytest

from tests.faults.tools.verifier import SentSet, judge

SENT = SentSet("p", {("a", 1): 1.0, ("a", 2): 2.0, ("a", 3): 3.0}, {("a", 1), ("a", 2)})
CLEAN = {"accepted": 2, "stored": 2, "dead_lettered": 0, "dropped": 0, "awaited": 0}


@pytest.mark.parametrize(
    ("stored", "terms", "produced", "wrong"),
    [
        ({("a", 1): 1.0, ("a", 2): 2.0}, CLEAN, 2, ""),
        ({("a", 1): 1.0, ("a", 2): 2.0, ("a", 3): 3.0}, {**CLEAN, "accepted": 3, "stored": 3}, 3, ""),
        ({("a", 1): 1.0}, CLEAN, 2, "lost"),
        ({("a", 1): 1.0, ("a", 2): 2.5}, CLEAN, 2, "altered"),
        ({("a", 1): 1.0, ("a", 2): 2.0, ("b", 1): 1.0}, CLEAN, 2, "strangers"),
        ({("a", 1): 1.0, ("a", 2): 2.0}, CLEAN, 3, "unexplained"),
        ({("a", 1): 1.0, ("a", 2): 2.0}, {**CLEAN, "accepted": 3}, None, "unexplained"),
        ({("a", 1): 1.0, ("a", 2): 2.0}, {**CLEAN, "accepted": 3, "awaited": 1}, 3, "awaited"),
    ],
)
def test_each_wrong_has_its_number(
    stored: dict[tuple[str, int], float], terms: dict[str, int], produced: int | None, wrong: str
) -> None:
    verdict = judge(SENT, stored, terms=terms, produced=produced)
    numbers = {name: getattr(verdict, name) for name in ("lost", "altered", "strangers", "unexplained", "awaited")}
    assert {name for name, number in numbers.items() if number} == ({wrong} if wrong else set())
    assert verdict.is_clean is (not wrong)


def test_what_was_accepted_twice_under_one_identity_is_repeated_and_clean() -> None:
    terms = {**CLEAN, "accepted": 4, "stored": 4}
    verdict = judge(SENT, {("a", 1): 1.0, ("a", 2): 2.0}, terms=terms, produced=4)
    assert (verdict.repeated, verdict.is_clean) == (2, True)
