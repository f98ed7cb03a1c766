"""Tells gateways what became of their batches: what they may forget, what is held, what they shall send again."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.ingest.drain_slots import DrainSlots
from cloud.ingest.ledger import AccountKey, Ledger, Settlement
from cloud.ingest.ranges import Range
from cloud.ingest.subscriber import Link, Qos
from cloud.metrics import Metric, Metrics
from device_profiles.wire import Channel, Receipt, encode, topic_for

QOS: Qos = 0  # a receipt that gets lost costs one re-sent batch; an acknowledged one costs every batch a fifth more


class Receipts:
    """Writes receipts and hands them to the link."""

    def __init__(self, ledger: Ledger, link: Link, slots: DrainSlots, metrics: Metrics) -> None:
        self._ledger = ledger
        self._link = link
        self._slots = slots
        self._metrics = metrics

    def give(self, settlements: Sequence[Settlement], *, now: float) -> None:
        """One receipt for each account that these batches belong to; `now` is monotonic."""
        by_account: dict[AccountKey, list[Settlement]] = {}
        for each in settlements:
            by_account.setdefault(each.key, []).append(each)
        for key, mine in by_account.items():
            receipt = self._ledger.receipt(key, mine)
            receipt = self._slots.asked(receipt, key[0], [each.channel for each in mine], now)
            self._send(key[0], receipt)

    def ask(self, key: AccountKey, ranges: list[Range]) -> None:
        """Asks a gateway for batches, although it has sent nothing now."""
        self._send(key[0], Receipt(v=1, epoch=key[1], missing=ranges))

    def _send(self, gateway: str, receipt: Receipt) -> None:
        self._link.send(topic_for(gateway, Channel.RECEIPT), encode(receipt), qos=QOS)
        self._metrics.add(Metric.RECEIPTS)
