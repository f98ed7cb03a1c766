"""Held batches are asked for a few at a time, by turns, until all have come."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ingest.ledger import AccountKey
from cloud.ingest.ranges import Range, ranges_of, size_of_ranges, without
from cloud.ingest.recall import MOST_OF_ONE, PATIENCE_S, Recall

ROUND_S = 0.25


def sequences(ranges: list[Range]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@settings(max_examples=100, deadline=None)
@given(
    held=st.dictionaries(
        st.tuples(st.sampled_from("abcdef"), st.just("e")), st.sets(st.integers(1, 60), min_size=1), max_size=6
    ),
    most=st.integers(1, 40),
    silent=st.sets(st.sampled_from("abcdef"), max_size=3),
    dice=st.randoms(use_true_random=False),
)
def test_never_too_many_at_a_time_and_all_of_them_in_the_end(
    held: dict[AccountKey, set[int]], most: int, silent: set[str], dice: Random
) -> None:
    recall, asked, now = Recall(most), {key: set[int]() for key in held}, 0.0
    for _ in range(5_000):
        left = {key: ranges_of(numbers) for key, numbers in held.items() if numbers}
        if not any(key[0] not in silent for key in left):
            break
        now += ROUND_S
        for key, ranges in recall.due(left, now):
            assert sequences(ranges) <= held[key], "only what is held is asked for"
            asked[key] |= sequences(ranges)
        assert recall.outstanding <= most
        for key, numbers in held.items():
            if key[0] not in silent:
                numbers.difference_update([number for number in asked[key] & numbers if dice.random() < 0.7])
    assert all(not numbers for key, numbers in held.items() if key[0] not in silent)


def test_a_share_for_everybody_and_the_rest_when_there_is_room() -> None:
    recall = Recall(10)
    held: dict[AccountKey, list[Range]] = {("gw", str(number)): [(1, 1000)] for number in range(5)}
    first = dict(recall.due(held, 0.0))
    assert [size_of_ranges(ranges) for ranges in first.values()] == [2] * 5
    assert dict(recall.due(held, ROUND_S)) == {}, "nobody is asked twice while the others have not come"
    left = {key: without(ranges, first[key]) for key, ranges in held.items()}
    again = dict(recall.due(left, 2 * ROUND_S))
    assert set(again.values().__iter__().__next__()) == {(3, 4)}
    assert size_of_ranges(next(recall.due({("gw", "alone"): [(1, 5000)]}, 3.0))[1]) <= MOST_OF_ONE


def test_who_does_not_answer_is_asked_for_one_only_until_he_does() -> None:
    recall = Recall(100)
    key: AccountKey = ("gw", "e")
    held = {key: [(1, 50)]}
    assert dict(recall.due(held, 0.0)) == {key: [(1, 50)]}
    assert dict(recall.due(held, PATIENCE_S)) == {key: [(1, 1)]}
    assert dict(recall.due({key: [(2, 50)]}, PATIENCE_S + 1)) == {key: [(2, 50)]}
    recall.forget()
    assert recall.outstanding == 0
