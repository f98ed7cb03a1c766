"""Which gateways are away: what their devices do not say meanwhile is not the devices' silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import msgspec

from cloud.store.base import RuleStateRow

GONE = "gateway_away"  # the rule of the alarm of a gateway that is away
AWAY = "@away"  # rule name of the rows that keep which gateways are, or last were, away
READINGS_MS = 5_000  # readings count as newer than a last will when they come so long after it
QUIET_PERIODS, MUTE_PERIODS = 3, 12  # periods of health without a sign: not judged; away
QUIET_MS, MUTE_MS = 30_000, 120_000  # but at least so long

Word = Literal["lost", "stopped", "silent"]


class Sign(Protocol):
    """What a gateway last said of itself, and when; `cloud.inventory.fleet` keeps it. Times in ms, 0 = never."""

    @property
    def gateway(self) -> str:
        """Its identifier."""

    @property
    def presence(self) -> str:
        """Its word: online, lost, stopped; never when it has not said any."""

    @property
    def since(self) -> int:
        """Since when, on its own clock."""

    @property
    def said_at(self) -> int:
        """When the word arrived."""

    @property
    def heard_at(self) -> int:
        """When anything last arrived."""

    @property
    def read_at(self) -> int:
        """When readings last arrived."""

    @property
    def health_at(self) -> int:
        """Its newest health document, on its own clock."""

    @property
    def health_gap_ms(self) -> int:
        """How far its last two health documents lie apart."""


@dataclass(frozen=True, slots=True)
class Absence:
    """One stretch of time without a gateway; `until` 0 = it lasts. `mark` is what it had said last."""

    word: Word
    since: int
    until: int = 0
    mark: tuple[int, int] = (0, 0)


class Absences:
    """The newest absence of every gateway that ever had one. Mutable; the judge owns it."""

    def __init__(self) -> None:
        self._newest: dict[str, Absence] = {}
        self._lasting: set[str] = set()
        self._quiet: set[str] = set()  # nothing heard for a while: too little to say so, enough not to judge devices

    def restore(self, states: Sequence[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        rows = ((row.gateway, row.state) for row in states if row.rule == AWAY)
        self._newest = {gateway: msgspec.json.decode(state, type=Absence) for gateway, state in rows if state}
        self._lasting = {gateway for gateway, absence in self._newest.items() if not absence.until}
        self._quiet = set()

    def lasting(self) -> Iterator[tuple[str, Absence]]:
        """Gateways that are away."""
        return ((gateway, self._newest[gateway]) for gateway in sorted(self._lasting))

    def forget(self, gateway: str) -> RuleStateRow | None:
        """Lets go of a gateway that is gone for good; the row to delete, if there is one."""
        self._lasting.discard(gateway)
        self._quiet.discard(gateway)
        return None if self._newest.pop(gateway, None) is None else RuleStateRow(AWAY, gateway, "", None)

    def newest(self, gateway: str) -> Absence | None:
        """The last, or present, absence of a gateway."""
        return self._newest.get(gateway)

    def covers(self, gateway: str) -> bool:
        """True while nothing can be said of the devices behind a gateway."""
        return gateway in self._lasting or gateway in self._quiet

    def skip(self, gateway: str, last: int) -> int:
        """The sign of life of a device, moved on by what of the silence since was its gateway's."""
        absence = self._newest.get(gateway)
        if absence is None or not absence.until or last >= absence.until:
            return last
        return last + absence.until - max(absence.since, last)

    def take(self, signs: Iterable[Sign], *, now: int, listening_since: int) -> tuple[list[RuleStateRow], list[str]]:
        """Looks at the gateways; returns the rows that changed, and the gateways that are back."""
        changed: list[str] = []
        back: list[str] = []
        for sign in signs:
            known = self._newest.get(sign.gateway)
            lasting = known if known is not None and not known.until else None
            word = _word(sign, lasting, quiet_ms=now - max(sign.heard_at, listening_since))
            if word == "quiet" and lasting is None:
                self._quiet.add(sign.gateway)
            elif word == "" or word == "quiet":  # noqa: PLR1714 -- mypy narrows this one
                if lasting is not None:
                    self._newest[sign.gateway] = replace(lasting, until=now)
                    changed.append(sign.gateway)
                if self.covers(sign.gateway):
                    back.append(sign.gateway)
                self._lasting.discard(sign.gateway)
                self._quiet.discard(sign.gateway)
            elif lasting is None:
                self._leave(sign, word, listening_since)
                changed.append(sign.gateway)
        rows = [RuleStateRow(AWAY, each, "", msgspec.json.encode(self._newest[each]).decode()) for each in changed]
        return rows, back

    def _leave(self, sign: Sign, word: Word, listening_since: int) -> None:
        since = max(sign.heard_at, listening_since) if word == "silent" else sign.said_at
        self._quiet.discard(sign.gateway)
        self._newest[sign.gateway] = Absence(word, since, mark=(sign.since, sign.health_at))
        self._lasting.add(sign.gateway)


def _word(sign: Sign, lasting: Absence | None, *, quiet_ms: int) -> Word | Literal["", "quiet"]:
    """Where a gateway stands; "" = it is there.

    A broker repeats a gateway's last words to a centre that starts: only what differs from them ends a silence.
    """
    if sign.presence in ("lost", "stopped") and sign.read_at <= sign.said_at + READINGS_MS:
        return "lost" if sign.presence == "lost" else "stopped"
    if lasting is not None and lasting.word == "silent" and sign.presence == "online":
        is_same = (sign.since, sign.health_at) == lasting.mark and sign.read_at <= lasting.since
        if is_same:
            return "silent"
    if not sign.health_gap_ms:
        return ""  # how often it speaks is not known
    if quiet_ms >= max(MUTE_MS, MUTE_PERIODS * sign.health_gap_ms):
        return "silent"
    return "quiet" if quiet_ms >= max(QUIET_MS, QUIET_PERIODS * sign.health_gap_ms) else ""
