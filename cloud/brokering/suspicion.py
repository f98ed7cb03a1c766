"""What a line of the broker's log means, given what the registry knows: whom to report, and whom to put out; pure."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cloud.brokering.log_lines import (
    CERTIFICATE_REFUSED,
    IDENTITY_WRONG,
    TOPIC_FOREIGN,
    WILDCARD_SUBSCRIBE,
    Came,
    Finding,
    Refused,
    TakenOver,
)

Standing = Literal["good", "revoked", "unknown"]
IDENTITY_UNKNOWN: Final = "identity_unknown"
IDENTITY_TWICE: Final = "identity_twice"
CERTIFICATE_REVOKED_USED: Final = "certificate_revoked_used"
PUT_OUT: Final = frozenset(
    {IDENTITY_UNKNOWN, IDENTITY_WRONG, TOPIC_FOREIGN, WILDCARD_SUBSCRIBE, CERTIFICATE_REVOKED_USED}
)
SAME_MS: Final = 10_000  # the same of the same is told again after so long: a flood costs the database little
RIVAL_MS: Final = 120_000  # a name that moves to another address and back in that time has two holders
MOST: Final = 20_000  # names and addresses that are remembered


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One event for people. `client` is the name at the broker, `gateway` the same when the registry knows it."""

    kind: str
    client: str
    gateway: str
    source: str
    detail: str

    @property
    def puts_out(self) -> bool:
        """Whether the session has to end."""
        return bool(self.client) and self.kind in PUT_OUT


class Suspicions:
    """Remembers who came from where. `standing` says what the registry holds of a gateway."""

    def __init__(self, standing: Callable[[str], Standing]) -> None:
        self._standing = standing
        self._where: OrderedDict[str, str] = OrderedDict()
        self._at: defaultdict[str, set[str]] = defaultdict(set)
        self._ousted: set[str] = set()
        self._moves: OrderedDict[str, deque[tuple[int, str]]] = OrderedDict()
        self._told: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def of(self, finding: Finding, now: int) -> list[Suspicion]:
        """What a finding makes us suspect."""
        if isinstance(finding, Refused):
            return [self._refused(finding)]
        if isinstance(finding, Came):
            return list(self._came(finding, now))
        if isinstance(finding, TakenOver):
            self._ousted.add(finding.client)
        return []

    def news(self, suspicions: Iterable[Suspicion], now: int) -> list[Suspicion]:
        """Those that were not told a moment ago."""
        fresh = []
        for each in suspicions:
            key = (each.kind, each.client, each.source)
            if now - self._told.get(key, now - SAME_MS) >= SAME_MS:
                self._told[key] = now
                self._told.move_to_end(key)
                fresh.append(each)
        while len(self._told) > MOST:
            self._told.popitem(last=False)
        return fresh

    def _refused(self, refused: Refused) -> Suspicion:
        if refused.kind == CERTIFICATE_REFUSED:
            return self._certificate_refused(refused)
        source = refused.source or self._where.get(refused.client, "")
        return self._suspicion(refused.kind, refused.client, source, refused.detail)

    def _certificate_refused(self, refused: Refused) -> Suspicion:
        """The broker does not say whose it was; who was revoked and was last seen at that address is named."""
        out = [client for client in self._at.get(refused.source, ()) if self._standing(client) == "revoked"]
        if len(out) == 1:
            detail = f"{refused.detail}; last seen at this address"
            return Suspicion(CERTIFICATE_REVOKED_USED, "", out[0], refused.source, detail)
        return Suspicion(refused.kind, "", "", refused.source, f"{refused.detail}: revoked, out of date, or not ours")

    def _came(self, came: Came, now: int) -> Iterator[Suspicion]:
        client, source = came.client, came.source
        former = self._where.get(client, source)
        self._remember(client, source)
        standing = self._standing(client)
        if standing == "unknown":
            yield self._suspicion(IDENTITY_UNKNOWN, client, source, "no such gateway in the registry")
        elif standing == "revoked":
            yield self._suspicion(CERTIFICATE_REVOKED_USED, client, source, "came in all the same")
        if client in self._ousted:
            self._ousted.discard(client)
            yield from self._moved(client, (former, source), now)

    def _moved(self, client: str, way: tuple[str, str], now: int) -> Iterator[Suspicion]:
        """A link that broke comes back, maybe from a new address, never from a former one: then two go by this name."""
        former, source = way
        moves = self._moves.setdefault(client, deque(maxlen=8))
        while moves and now - moves[0][0] > RIVAL_MS:
            moves.popleft()
        earlier = [place for _, place in moves] or [former]
        moves.extend((now, place) for place in ([] if moves else [former]) + [source])
        while len(self._moves) > MOST:
            self._moves.popitem(last=False)
        if source in earlier and earlier[-1] != source:
            others = sorted({*earlier, source})
            yield self._suspicion(IDENTITY_TWICE, client, source, f"from {' and '.join(others[:4])} by turns")

    def _suspicion(self, kind: str, client: str, source: str, detail: str) -> Suspicion:
        known = bool(client) and self._standing(client) != "unknown"
        named = "" if known or not client else f"{client}: "
        return Suspicion(kind, client, client if known else "", source, f"{named}{detail}")

    def _remember(self, client: str, source: str) -> None:
        self._forget(client)
        self._where[client] = source
        self._at[source].add(client)
        while len(self._where) > MOST:
            self._forget(next(iter(self._where)))

    def _forget(self, client: str) -> None:
        former = self._where.pop(client, None)
        if former is not None:
            self._at[former].discard(client)
            if not self._at[former]:
                del self._at[former]
