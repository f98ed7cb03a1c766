"""By what somebody may look for a device, kept in one spelling: a search must not spell ten thousand names anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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

    def put(self, view: DeviceView) -> None:
        """Takes a device that may be called otherwise than before."""
        key, called = (view.gateway, view.id), (view.name.vi, view.name.en, view.profile, view.site)
        if self._called.get(key) != called:
            self._called[key] = called
            self._new[key] = view

    def holding(self, words: Iterable[str]) -> list[Key]:
        """The devices of which every word is known."""
        while self._new:
            key, view = self._new.popitem()
            name = view.name
            said = f"{name.vi} {name.en} {view.id} {view.gateway} {view.profile} {self._more(view)}"
            self._spelt[key] = folded(said)
        first, *others = words
        hits = [key for key, spelt in self._spelt.items() if first in spelt]
        return [key for key in hits if all(map(self._spelt[key].__contains__, others))] if others else hits
