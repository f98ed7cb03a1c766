"""The ledger: every account of every gateway, so that each reading is stored, explained or still awaited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.ingest.account import MISSING_NAMED, Account, unpack
from cloud.ingest.ranges import Range, ranges_of, size_of_ranges
from cloud.ingest.spans import Span
from cloud.store.base import AccountRow
from device_profiles.wire import Channel, Dropped, Receipt, Refused

AccountKey = tuple[str, str]  # gateway, epoch
Identity = tuple[str, str, int]  # gateway, epoch, sequence
RETRIED, DISCARDED = "retried", "discarded"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one batch: the readings stored and in the dead letters, or refused as a whole with a reason."""

    gateway: str
    epoch: str
    sequence: int
    base: int
    channel: Channel
    stored: int = 0
    dead: int = 0
    dropped: Sequence[Dropped] = ()
    refused: str = ""
    reasons: Sequence[tuple[str, int]] = ()  # of the dead
    held: bool = False  # judged, but not stored: the store is away

    @property
    def key(self) -> AccountKey:
        """Whose account it belongs to."""
        return (self.gateway, self.epoch)

    @property
    def identity(self) -> Identity:
        """Which batch it is."""
        return (self.gateway, self.epoch, self.sequence)


@dataclass(frozen=True, slots=True)
class Amendment:
    """What somebody did with one dead letter: its readings are stored, dead for another reason, or dropped for good.

    Readings that are neither in `stored` nor in `dead` are dropped. `marked`: letters whose mark is on disk.
    """

    gateway: str
    epoch: str
    sequence: int
    letter: str
    reason: str
    readings: int
    begin: int
    end: int
    outcome: str = DISCARDED
    stored: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    marked: frozenset[str] = frozenset()

    @property
    def key(self) -> AccountKey:
        """Whose account it belongs to."""
        return (self.gateway, self.epoch)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the identity, summed: accepted = stored + dead_lettered + dropped + awaited."""

    accepted: int = 0
    stored: int = 0
    dead_lettered: int = 0
    dropped: int = 0
    awaited: int = 0


class Ledger:
    """Accounts by gateway and epoch. A draft changes nothing until it is installed, which follows its commit."""

    def __init__(self, rows: Iterable[AccountRow] = ()) -> None:
        self._accounts = {(row.gateway, row.epoch): unpack(row.account) for row in rows}
        self._holding = {key for key, account in self._accounts.items() if account.held}
        self._next: dict[AccountKey, int] = {}
        self._lanes: dict[AccountKey, dict[Channel, int]] = {}

    def reload(self, rows: Iterable[AccountRow]) -> None:
        """Starts again from what is kept; what gateways claimed since then still holds."""
        claims = {key: account.claimed for key, account in self._accounts.items()}
        self._accounts = {(row.gateway, row.epoch): unpack(row.account) for row in rows}
        for key, claimed in claims.items():
            self._accounts.setdefault(key, Account()).claim(claimed)
        self._holding = {key for key, account in self._accounts.items() if account.held}

    def has(self, gateway: str, epoch: str, sequence: int) -> bool:
        """Whether this batch is settled."""
        account = self._accounts.get((gateway, epoch))
        return account is not None and sequence in account.settled

    def held(self) -> dict[AccountKey, list[Range]]:
        """What was judged and is not stored, account by account; look, do not touch."""
        return {key: self._accounts[key].held for key in self._holding}

    def held_batches(self) -> int:
        """How many batches are held over the whole fleet."""
        return sum(map(size_of_ranges, self.held().values()))

    def accounts(self) -> Sequence[tuple[str, str, Account]]:
        """Every account; look, do not touch."""
        return [(gateway, epoch, account) for (gateway, epoch), account in sorted(self._accounts.items())]

    def terms(self) -> Terms:
        """The identity over the whole fleet."""
        accounts = self._accounts.values()
        accepted, stored = sum(each.accepted for each in accounts), sum(each.stored for each in accounts)
        dead = sum(each.dead_lettered for each in accounts)
        dropped = sum(each.dropped_readings for each in accounts)
        return Terms(accepted, stored, dead, dropped, accepted - stored - dead - dropped)

    def outcome_of(self, amendment: Amendment) -> str:
        """What was done with a letter before, when its mark may not be on disk yet; empty when nothing was."""
        account = self._accounts.get(amendment.key)
        return account.handled.get(amendment.letter, "") if account is not None else ""

    def missing(self, gateway: str, epoch: str) -> list[Range]:
        """Every range of an account that is not settled, as far as the gateway has numbered."""
        account = self._accounts.get((gateway, epoch))
        if account is None:
            return []
        return account.missing(max(account.settled.last, self._next.get((gateway, epoch), 1) - 1))

    def heard(self, gateway: str, epoch: str, *, next_sequence: int, accepted: int) -> None:
        """Takes what a health document says of an epoch; kept with the account's next commit."""
        self._accounts.setdefault((gateway, epoch), Account()).claim(accepted)
        self._next[gateway, epoch] = max(self._next.get((gateway, epoch), 1), next_sequence)

    def draft(self, settlements: Iterable[Settlement]) -> Draft:
        """What these batches would change."""
        draft = Draft(self._accounts)
        for each in settlements:
            draft.settle(each)
        return draft

    def amended(self, amendment: Amendment) -> Draft:
        """What a handled dead letter would change."""
        draft = Draft(self._accounts)
        draft.amend(amendment)
        return draft

    def install(self, draft: Draft, settlements: Iterable[Settlement]) -> None:
        """Makes a draft true, once it is committed."""
        for key, account in draft.changed.items():
            account.claim(self._accounts[key].claimed if key in self._accounts else 0)
            self._accounts[key] = account
            if account.held:
                self._holding.add(key)
            else:
                self._holding.discard(key)
        for each in settlements:
            lanes = self._lanes.setdefault(each.key, {})
            lanes[each.channel] = max(lanes.get(each.channel, 0), each.sequence)

    def receipt(self, key: AccountKey, settlements: Iterable[Settlement]) -> Receipt:
        """What the gateway may forget, of these batches of one account, and what it should send again."""
        mine = [each for each in settlements if each.key == key]
        held = {each.sequence for each in mine if each.held and not self.has(*each.identity)}
        committed = {each.sequence for each in mine if not each.refused} - held
        refused = [Refused(each.sequence, each.refused) for each in mine if each.refused]
        return Receipt(1, key[1], ranges_of(committed), self._passed_over(key), refused, ranges_of(held))

    def _passed_over(self, key: AccountKey) -> list[Range]:
        """Ranges that both lanes have gone past: each lane sends in rising order, so what lies below both is lost.

        What only the live lane has passed may still come with the backlog, and must not be sent twice for nothing.
        """
        lanes = self._lanes.get(key, {})
        account = self._accounts.get(key)
        passed = min(lanes.get(Channel.READINGS, 0), lanes.get(Channel.BACKLOG, 0))
        return account.missing(passed)[:MISSING_NAMED] if account is not None else []


class Draft:
    """Accounts as they would be; copies are made of what changes only.

    `new` are settled now, `recalled` those of them that the rules had seen while the store was away, and `held` are
    seen by the rules now and not stored.
    """

    def __init__(self, accounts: dict[AccountKey, Account]) -> None:
        self._accounts = accounts
        self.changed: dict[AccountKey, Account] = {}
        self.new: list[Settlement] = []
        self.held: list[Settlement] = []
        self.recalled: set[Identity] = set()

    def settle(self, settlement: Settlement) -> None:
        """Settles a batch, unless it is settled already; the drops that it declares count either way."""
        account = self._account(settlement)
        if settlement.sequence not in account.settled:
            account = self._changing(settlement.key)
            was_held = bool(account.held) and account.is_held(settlement.sequence)
            if settlement.held:
                self._hold(account, settlement, was_held=was_held)
            else:
                self._close(account, settlement)
                if was_held:
                    self.recalled.add(settlement.identity)
        for drop in settlement.dropped:
            if account.settled.gaps_in(drop.first, drop.last):
                account = self._changing(settlement.key)
                account.give_up(drop)

    def _hold(self, account: Account, settlement: Settlement, *, was_held: bool) -> None:
        if not was_held:
            self.held.append(settlement)
            size = settlement.stored + settlement.dead
            account.hold(settlement.sequence, base=settlement.base, size=size)

    def _close(self, account: Account, settlement: Settlement) -> None:
        self.new.append(settlement)
        if settlement.refused:
            account.refuse(settlement.sequence, base=settlement.base)
        else:
            account.store(
                settlement.sequence,
                base=settlement.base,
                stored=settlement.stored,
                dead=settlement.dead,
                reasons=settlement.reasons,
            )

    def amend(self, amendment: Amendment) -> None:
        """Moves the readings of a dead letter to where they belong now, and remembers that this was done."""
        account = self._changing(amendment.key)
        account.handled = {key: done for key, done in account.handled.items() if key not in amendment.marked}
        account.handled[amendment.letter] = amendment.outcome
        if not account.holds_letters_of(amendment.sequence):
            return
        left = account.release(amendment.reason, amendment.readings)
        stored = min(left, amendment.stored)
        account.stored += stored
        left -= stored
        for reason, readings in amendment.dead.items():
            buried = min(left, readings)
            account.bury(reason, buried)
            left -= buried
        if left:
            account.discard(Span(DISCARDED, left, amendment.begin, amendment.end))

    def rows(self, now: int) -> list[AccountRow]:
        """The changed accounts as they are kept."""
        return [AccountRow(gateway, epoch, each.pack(), now) for (gateway, epoch), each in self.changed.items()]

    def _account(self, settlement: Settlement) -> Account:
        return self.changed.get(settlement.key) or self._accounts.get(settlement.key) or Account()

    def _changing(self, key: AccountKey) -> Account:
        account = self.changed.get(key)
        if account is None:
            known = self._accounts.get(key)
            account = self.changed[key] = Account() if known is None else known.copy()
        return account
