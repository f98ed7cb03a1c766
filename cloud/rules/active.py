"""Which alarms last, found by their rule and by every place that they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cloud.alarms.book import Key, key_of
from cloud.rules.roster import ACTIVE
from cloud.rules.scope import Geography, Place
from cloud.store.base import AlarmRow


class ActiveAlarms:
    """Every alarm whose problem lasts. Mutable; the judge owns it."""

    def __init__(self, geography: Geography) -> None:
        self.geography = geography
        self._places: dict[Key, tuple[Place, ...]] = {}  # of every alarm that lasts
        self._within: dict[tuple[str, Place], dict[Key, AlarmRow]] = {}
        self._at: dict[tuple[str, Place], dict[Key, AlarmRow]] = {}

    def restore(self, alarms: Iterable[AlarmRow]) -> None:
        """Starts again from the open alarms."""
        self._places, self._within, self._at = {}, {}, {}
        for alarm in alarms:
            self.take(alarm)

    def around(self, alarm: AlarmRow) -> tuple[Place, ...]:
        """The place of an alarm and all that it lies in."""
        return self.geography.around((alarm.gateway, alarm.device), alarm.site)

    def take(self, alarm: AlarmRow) -> None:
        """An alarm has changed."""
        key = key_of(alarm)
        if alarm.state in ACTIVE:
            places = self._places.setdefault(key, self.around(alarm))
            for place in places:
                self._within.setdefault((alarm.rule, place), {})[key] = alarm
            self._at.setdefault((alarm.rule, places[0]), {})[key] = alarm
            return
        places = self._places.pop(key, ())
        for place in places:
            _remove(self._within, (alarm.rule, place), key)
        for place in places[:1]:
            _remove(self._at, (alarm.rule, place), key)

    def near(self, rule: str, around: Sequence[Place]) -> Iterator[AlarmRow]:
        """The alarms of a rule in the first of these places, and at the others as such, which it lies in."""
        if around:
            yield from self._within.get((rule, around[0]), {}).values()
        for place in around[1:]:
            yield from self._at.get((rule, place), {}).values()


def _remove(index: dict[tuple[str, Place], dict[Key, AlarmRow]], at: tuple[str, Place], key: Key) -> None:
    del index[at][key]
    if not index[at]:
        del index[at]
