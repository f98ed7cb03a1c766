"""The identity accepted = stored + dead-lettered + dropped + awaited, whatever comes in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ingest.account import Account, unpack
from cloud.ingest.ledger import Amendment, Ledger, Settlement
from device_profiles.wire import Channel, Dropped

EPOCHS = ("a" * 16, "b" * 16)


@dataclass
class Truth:
    """One epoch as the gateway knows it: how many readings each batch holds, and what becomes of each."""

    sizes: list[int]
    fates: list[str]  # stored, half (some of it dead), refused, dropped, both (arrived, and declared dropped later)
    epoch: str
    bases: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bases = [sum(self.sizes[:number]) for number in range(len(self.sizes))]

    def settlement(self, number: int, *, drops: list[Dropped] | None = None, channel: Channel) -> Settlement:
        """What the intake says of batch `number` (from 0)."""
        size, base = self.sizes[number], self.bases[number]
        common = ("gw", self.epoch, number + 1, base, channel)
        if self.fates[number] == "refused":
            return Settlement(*common, refused="malformed")
        dead = size // 2 if self.fates[number] == "half" else 0
        reasons = (("future", dead),) if dead else ()
        return Settlement(*common, stored=size - dead, dead=dead, dropped=drops or (), reasons=reasons)

    def drops(self) -> list[Dropped]:
        """Runs of neighbours that the gateway declares dropped, with those that had arrived after all."""
        found: list[Dropped] = []
        run: list[int] = []
        for number, fate in [*enumerate(self.fates), (len(self.fates), "stored")]:
            if fate in ("dropped", "both"):
                run.append(number)
            elif run:
                readings = sum(self.sizes[each] for each in run)
                found.append(Dropped(run[0] + 1, run[-1] + 1, "outbox_full", readings, 0, 0))
                run = []
        return found

    def expected(self) -> tuple[int, int, int]:
        """Stored, dead-lettered, dropped, when everything is settled."""
        stored = dead = dropped = 0
        for size, fate in zip(self.sizes, self.fates, strict=True):
            half = size // 2 if fate == "half" else 0
            stored += size - half if fate in ("stored", "half", "both") else 0
            dead += size if fate == "refused" else half
            dropped += size if fate == "dropped" else 0
        return stored, dead, dropped


@st.composite
def truths(draw: st.DrawFn, epoch: str = EPOCHS[0]) -> Truth:
    count = draw(st.integers(1, 14))
    sizes = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    # one epoch has refused batches or overlapping drops, not both: their sizes are told by the batches around them
    odd = draw(st.sampled_from(["refused", "both", "stored"]))
    kinds = st.sampled_from(["stored", "stored", "half", "dropped", odd])
    fates = draw(st.lists(kinds, min_size=count, max_size=count))
    fates[-1] = "stored"  # a declaration rides on a batch, so something always follows a drop
    if "refused" in fates:
        fates = ["stored" if fate == "dropped" else fate for fate in fates]
    return Truth(sizes, fates, epoch)


def arrivals(truth: Truth) -> list[Settlement]:
    """Everything that arrives once; the declarations ride on the last batch."""
    last = len(truth.sizes) - 1
    lanes = (Channel.READINGS, Channel.BACKLOG)
    return [
        truth.settlement(number, channel=lanes[number % 2], drops=truth.drops() if number == last else None)
        for number in range(len(truth.sizes))
        if truth.fates[number] != "dropped"
    ]


def told_in_order(order: list[Settlement]) -> list[Settlement]:
    """A gateway declares what it gave up after it had sent it, if it ever sent it; all else may come in any order."""
    return sorted(order, key=lambda each: bool(each.dropped))


def take(ledger: Ledger, settlements: list[Settlement]) -> None:
    draft = ledger.draft(settlements)
    ledger.install(draft, settlements)


def check(account: Account, most: int) -> None:
    terms = (account.stored, account.dead_lettered, account.dropped_readings, account.awaited)
    assert account.accepted == sum(terms)
    assert min(terms) >= 0
    assert account.accepted <= most


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_reading_is_stored_dead_dropped_or_awaited(data: st.DataObject) -> None:
    truth = data.draw(truths())
    once = arrivals(truth)
    repeated = data.draw(st.lists(st.sampled_from(once), max_size=6))
    order = told_in_order(data.draw(st.permutations(once + repeated)))
    held = data.draw(st.sets(st.sampled_from([each.sequence for each in once])))
    ledger = Ledger()
    for each in order:
        if each.sequence in held and not each.refused:  # the store is away when it comes for the first time
            take(ledger, [replace(each, held=True)])
            check(next(account for _, _, account in ledger.accounts()), sum(truth.sizes))
        take(ledger, [each])
        (account,) = [account for _, _, account in ledger.accounts()]
        check(account, sum(truth.sizes))
        kept = unpack(account.pack())
        assert kept == account or kept.pack() == account.pack()
    assert (account.stored, account.dead_lettered, account.dropped_readings) == truth.expected()
    assert account.awaited == 0
    assert ledger.missing("gw", truth.epoch) == []
    assert (account.held, ledger.held()) == ([], {})


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_windows_and_epochs_do_not_mix(data: st.DataObject) -> None:
    old, new = data.draw(truths(EPOCHS[0])), data.draw(truths(EPOCHS[1]))
    order = told_in_order(data.draw(st.permutations(arrivals(old) + arrivals(new))))
    size = data.draw(st.integers(1, 5))
    ledger = Ledger()
    for begin in range(0, len(order), size):
        take(ledger, order[begin : begin + size])
    by_epoch = {epoch: account for _, epoch, account in ledger.accounts()}
    for truth in (old, new):
        account = by_epoch[truth.epoch]
        assert (account.stored, account.dead_lettered, account.dropped_readings) == truth.expected()
    terms = ledger.terms()
    assert terms.accepted == sum(old.sizes) + sum(new.sizes)
    assert terms.awaited == 0


def amendment(truth: Truth, number: int, fate: str) -> Amendment:
    """What somebody does with the dead half of a batch: `mixed` stores one reading and leaves the rest dead."""
    dead = truth.sizes[number] // 2
    stored = {"retried": dead, "mixed": min(1, dead), "discarded": 0}[fate]
    left = {"type": dead - stored} if fate == "mixed" else {}
    name = ("gw", truth.epoch, number + 1, f"letter {number}", "future", dead, 5, 6)
    return Amendment(*name, outcome="discarded" if fate == "discarded" else "retried", stored=stored, dead=left)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_letters_settled_in_any_order_keep_the_identity(data: st.DataObject) -> None:
    truth = data.draw(truths())
    numbers = st.integers(0, len(truth.sizes) - 1)
    fates = st.sampled_from(["retried", "mixed", "discarded"])
    asked = data.draw(st.lists(st.tuples(numbers, fates, st.integers(0, 20)), max_size=8))
    order = told_in_order(data.draw(st.permutations(arrivals(truth))))
    ledger = Ledger()
    for place in range(max(21, len(order))):
        if place < len(order):
            take(ledger, [order[place]])
        for number, fate, when in asked:
            wanted = amendment(truth, number, fate)
            if when != place or not ledger.has("gw", truth.epoch, number + 1) or ledger.outcome_of(wanted):
                continue
            draft = ledger.amended(wanted)
            before = ledger.terms()
            ledger.install(draft, ())
            after = ledger.terms()
            assert (after.accepted, after.awaited) == (before.accepted, before.awaited)
            assert after.stored >= before.stored
            ledger.reload(draft.rows(now=7))
        for _, _, account in ledger.accounts():
            check(account, sum(truth.sizes))
            assert sum(account.dead_by_reason().values()) == account.dead_lettered
            assert sum(account.dropped_by_reason().values()) == account.dropped_readings
    expected = sum(truth.expected())
    assert account.stored + account.dead_lettered + account.dropped_readings == expected


def test_a_retried_letter_moves_what_it_holds_and_no_more() -> None:
    ledger = Ledger()
    reasons = (("future", 3), ("type", 1))
    take(ledger, [Settlement("gw", EPOCHS[0], 1, 0, Channel.READINGS, stored=6, dead=4, reasons=reasons)])
    orphan = Amendment("gw", EPOCHS[0], 1, "orphan", "too_old", 9, 5, 6, outcome="retried", stored=9)
    ledger.install(ledger.amended(orphan), ())
    assert (ledger.terms().stored, ledger.terms().dead_lettered) == (6, 4), "no count holds it"
    mixed = Amendment("gw", EPOCHS[0], 1, "a", "future", 3, 5, 6, outcome="retried", stored=1, dead={"type": 2})
    ledger.install(ledger.amended(mixed), ())
    ((_, _, account),) = ledger.accounts()
    assert (account.stored, account.dead_by_reason()) == (7, {"type": 3})
    last = Amendment("gw", EPOCHS[0], 1, "b", "type", 3, 5, 6, marked=frozenset({"orphan", "a"}))
    ledger.install(ledger.amended(last), ())
    ((_, _, account),) = ledger.accounts()
    assert (account.dead_by_reason(), account.dropped_by_reason()) == ({}, {"discarded": 3})
    assert account.handled == {"b": "discarded"}


def test_what_a_gateway_claims_is_awaited_until_it_comes() -> None:
    ledger = Ledger()
    ledger.heard("gw", EPOCHS[0], next_sequence=4, accepted=30)
    assert (ledger.terms().awaited, ledger.missing("gw", EPOCHS[0])) == (30, [(1, 3)])
    take(ledger, [Settlement("gw", EPOCHS[0], 2, 10, Channel.READINGS, stored=10)])
    assert (ledger.terms().stored, ledger.terms().awaited) == (10, 20)
    assert ledger.missing("gw", EPOCHS[0]) == [(1, 1), (3, 3)]


def test_what_is_held_is_awaited_not_missing_and_given_up_by_a_drop() -> None:
    ledger, key = Ledger(), ("gw", EPOCHS[0])
    held = [Settlement(*key, number, 10 * number - 10, Channel.READINGS, stored=10, held=True) for number in (1, 2, 3)]
    take(ledger, held)
    receipt = ledger.receipt(key, held)
    assert (receipt.committed, receipt.held, ledger.held()) == ([], [(1, 3)], {key: [(1, 3)]})
    assert (ledger.terms().accepted, ledger.terms().awaited, ledger.missing(*key)) == (30, 30, [])
    drop = Dropped(1, 1, "outbox_full", 10, 0, 0)
    again = [replace(held[1], held=False, dropped=[drop]), held[1], held[2]]
    take(ledger, again)
    receipt = ledger.receipt(key, again)
    assert (receipt.committed, receipt.held) == ([(2, 2)], [(3, 3)]), "what is stored stays stored"
    assert (ledger.terms().stored, ledger.terms().dropped, ledger.terms().awaited) == (10, 10, 10)
    assert Ledger(ledger.draft([replace(held[2], held=False)]).rows(now=7)).held() == {}
    assert ledger.held_batches() == 1


def test_a_draft_changes_nothing_until_it_is_installed() -> None:
    ledger = Ledger()
    one = Settlement("gw", EPOCHS[0], 1, 0, Channel.READINGS, stored=5)
    draft = ledger.draft([one])
    ledger.heard("gw", EPOCHS[0], next_sequence=3, accepted=9)
    assert not ledger.has("gw", EPOCHS[0], 1)
    ledger.install(draft, [one])
    assert ledger.has("gw", EPOCHS[0], 1)
    assert ledger.terms().accepted == 9, "what was claimed while the commit was under way still holds"


def test_a_ledger_goes_on_from_its_rows() -> None:
    ledger = Ledger()
    both = [Settlement("gw", EPOCHS[0], number, number - 1, Channel.READINGS, stored=1) for number in (1, 3)]
    draft = ledger.draft(both)
    again = Ledger(draft.rows(now=7))
    assert again.has("gw", EPOCHS[0], 3)
    assert not again.has("gw", EPOCHS[0], 2)
    ledger.heard("gw", EPOCHS[0], next_sequence=9, accepted=8)
    ledger.reload(draft.rows(now=7))
    assert ledger.terms().accepted == 8


def test_a_receipt_names_ranges_refusals_and_what_both_lanes_have_passed() -> None:
    ledger = Ledger()
    key = ("gw", EPOCHS[0])
    live = [Settlement(*key, number, number, Channel.READINGS, stored=1) for number in (7, 8, 10)]
    take(ledger, live)
    receipt = ledger.receipt(key, live)
    assert (receipt.committed, receipt.missing) == ([(7, 8), (10, 10)], []), "1..6 may still come with the backlog"
    backlog = [
        Settlement(*key, 2, 2, Channel.BACKLOG, stored=1),
        Settlement(*key, 5, 5, Channel.BACKLOG, refused="malformed"),
    ]
    take(ledger, backlog)
    receipt = ledger.receipt(key, backlog)
    assert receipt.committed == [(2, 2)]
    assert [(each.sequence, each.reason) for each in receipt.refused] == [(5, "malformed")]
    assert receipt.missing == [(1, 1), (3, 4)]
