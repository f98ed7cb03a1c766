"""By what somebody may look for a device, kept in one spelling: a search must not spell ten thousand names anew."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from cloud.api.views import DeviceView
from device_profiles.search import folded

Key = tuple[str, str]
Called = tuple[str, str, str, str]  # its names, its model, its site


class RollCall:
    """The names of devices, of their models and of their sites."""

    def __init__(self, more: Callable[[DeviceView], str]) -> None:
        """`more`: what else a device is called by, besides its names and ids."""
        self._more = more
        self._called: dict[Key, Called] = {}
        self._spelt: dict[Key, str] = {}
        self._new: dict[Key, DeviceView] = {}
        self._keys: list[Key] = []
        self._begins: list[int] = []  # where each begins in `_all`
        self._all = ""  # one line each: one text is looked through much faster than ten thousand

    def put(self, view: DeviceView) -> None:
        """Takes a device that may be called otherwise than before."""
        key, called = (view.gateway, view.id), (view.name.vi, view.name.en, view.profile, view.site)
        if self._called.get(key) != called:
            self._called[key] = called
            self._new[key] = view

    def holding(self, words: Iterable[str]) -> list[Key]:
        """The devices of which every word is known."""
        if self._new:
            self._spell()
        rarest, *others = sorted(words, key=len, reverse=True)
        hits = [self._keys[place] for place in self._places(rarest)]
        return [key for key in hits if all(map(self._spelt[key].__contains__, others))] if others else hits

    def _places(self, word: str) -> Iterator[int]:
        """The lines with a word, in their order."""
        begins, at = self._begins, self._all.find(word)
        while at >= 0:
            place = bisect_right(begins, at)
            yield place - 1
            at = self._all.find(word, begins[place]) if place < len(begins) else -1

    def _spell(self) -> None:
        while self._new:
            key, view = self._new.popitem()
            name = view.name
            said = f"{name.vi} {name.en} {view.id} {view.gateway} {view.profile} {self._more(view)}"
            self._spelt[key] = folded(said).replace("\n", " ")
        self._keys = list(self._spelt)
        self._all = "\n".join(self._spelt.values())
        self._begins = [0, *accumulate(len(each) + 1 for each in self._spelt.values())][:-1]
