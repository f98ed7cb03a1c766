"""A small sample of the year: every reading is explained, and no account grows with the time that passes."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.fleet_ledger import measure


def test_a_year_explains_everything_and_stays_under_a_gigabyte_for_the_fleet(tmp_path: Path) -> None:
    size, _ = measure(tmp_path, gateways=20, days=365)
    assert size.unexplained == 0
    assert size.ledger_gb < 0.3
    assert size.fleet_gb < 1.0
