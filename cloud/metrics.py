"""What the centre counts of itself: every counter is declared here, once, with what it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Metric(StrEnum):
    """The counters, by the names that Prometheus sees."""

    MESSAGES = "thacba_messages_total"  # messages taken from the broker
    LET_GO = "thacba_inbox_let_go_total"  # messages let go because the inbox was full; the gateways send them again
    REJECTED = "thacba_rejected_total"  # messages refused before they were believed
    WITHHELD = "thacba_withheld_total"  # batches of gateways that nobody has listed
    DUPLICATES = "thacba_duplicate_batches_total"  # batches that had been committed before
    READINGS = "thacba_stored_readings_total"  # readings and events committed since start
    DEAD_LETTERS = "thacba_dead_lettered_readings_total"  # readings that can never be stored, since start
    HELD = "thacba_held_batches_total"  # batches judged while the store was away, since start; it gets them later
    WINDOWS = "thacba_windows_total"  # windows committed
    STORE_RETRIES = "thacba_store_retries_total"  # writes that had to be tried again
    COMMIT_RETRIES = "thacba_commit_retries_total"  # commits that had to be tried again
    RECEIPTS = "thacba_receipts_total"  # receipts handed to the broker
    RECEIPTS_LOST = "thacba_receipts_lost_total"  # receipts that the broker did not take; the gateways ask again
    RULE_FAULTS = "thacba_rule_faults_total"  # rules that failed and were taken out of service
    RECONNECTS = "thacba_broker_reconnects_total"  # connections to the broker after the first
    ROLLED = "thacba_rolled_up_hours_total"  # hours of devices whose roll-ups were computed
    ROLL_UP_RETRIES = "thacba_roll_up_retries_total"  # computations that had to be tried again
    ROLL_UPS_MISSED = "thacba_roll_up_missed_hours_total"  # hours of devices whose readings were gone before their turn
    REVIEWS = "thacba_reviews_total"  # stretches of the past that were looked at again because readings came late
    REVIEWS_AGAIN = "thacba_reviews_repeated_total"  # reviews that something had overtaken, and that were begun anew
    REVIEWS_SKIPPED = "thacba_reviews_skipped_total"  # reviews of groups that need more than can be read
    REVIEW_RETRIES = "thacba_review_retries_total"  # reviews that had to wait for a store
    INDEXED = "thacba_indexed_hours_total"  # hours of devices whose indices were worked out
    INDEX_ROWS = "thacba_index_rows_total"  # results of indices that were new
    INDEX_RETRIES = "thacba_index_retries_total"  # indices that had to wait for a store
    COMMANDS = "thacba_commands_total"  # commands sent


class Metrics:
    """Counts; belongs to one event loop."""

    def __init__(self) -> None:
        self._counts: Counter[Metric] = Counter()

    def add(self, metric: Metric, amount: int = 1) -> None:
        """Counts some more."""
        self._counts[metric] += amount

    def value(self, metric: Metric) -> int:
        """The count so far."""
        return self._counts[metric]

    def snapshot(self) -> Mapping[str, float]:
        """Every counter, also those at zero."""
        return {metric.value: float(self._counts[metric]) for metric in Metric}
