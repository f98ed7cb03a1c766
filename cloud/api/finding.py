"""Finds things by words, however they are typed: "muong lo" finds "Mường Lò"; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import count
from typing import Literal, NamedTuple

from device_profiles.schema import Text
from device_profiles.search import folded

Kind = Literal["sector", "area", "site", "device", "gateway", "alarm", "incident", "rule", "profile"]
REMEMBERED = 100_000  # names of a province of 10,000 devices, so that each keystroke folds what was typed only
Rank = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found, where its page is, and what tells it from others of its name."""

    kind: Kind
    id: str
    name: Text
    about: str
    address: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind: the best of `total`."""

    kind: Kind
    total: int
    items: tuple[Found, ...]


class Candidate(NamedTuple):
    """A thing that may be meant: what it is called, how to show it, and by what else somebody may look for it.

    Its texts are given as they are: thousands are asked for their words at each keystroke, and few have them.
    `held`: it is known already that every word stands in it.
    """

    called: tuple[str, ...]
    found: Callable[[], Found]
    more: tuple[str, ...] = ()
    held: bool = False


def called(name: Text, identifier: str) -> tuple[str, ...]:
    """What a thing is called in both languages, and by its id."""
    return name.vi, name.en, identifier


@lru_cache(maxsize=REMEMBERED)
def spelt(*parts: str) -> str:
    """Everything by which somebody may look for a thing, in one spelling."""
    return folded(" ".join(parts))


def holds(words: Iterable[str], *parts: str) -> bool:
    """Whether every word stands in one of the parts; what looks through ten thousand things asks this first."""
    whole = spelt(*parts)
    return all(map(whole.__contains__, words))


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, in one spelling."""
    return tuple(folded(query).split())


def rank(words: Iterable[str], called: Iterable[str], more: Iterable[str] = ()) -> Rank | None:
    """How well words fit: names that begin with them first, then names that hold them, then the rest; None = not."""
    words = tuple(words)
    name = spelt(*called)
    if all(word in name for word in words):
        return (0 if words and name.startswith(words[0]) else 1), len(name)
    whole = f"{name} {spelt(*more)}"
    return (2, len(name)) if all(word in whole for word in words) else None


def best(kind: Kind, candidates: Iterable[Candidate], words: tuple[str, ...], *, limit: int) -> Group:
    """The candidates that fit best, and how many fit at all."""
    order = count()
    hits = [
        (fits, next(order), each)
        for each in candidates
        if (each.held or holds(words, *each.called, *each.more))
        and (fits := rank(words, each.called, each.more)) is not None
    ]
    return Group(kind, len(hits), tuple(each.found() for _, _, each in nsmallest(limit, hits)))
