"""No sector of the scheme is a mere name: each has models, connectors, rules and whatever else the table shows."""

from __future__ import annotations

import pytest

from device_profiles.schema import Sector
from tests.deploy.sectors import README, rows, with_table

ROWS = rows()


def test_the_table_of_sectors_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "renew it with `python -m tests.deploy.sectors`"


@pytest.mark.parametrize("sector", list(Sector), ids=str)
def test_no_cell_of_a_sector_is_empty(sector: Sector) -> None:
    assert {column: len(words) for column, words in ROWS[sector].items() if not words} == {}
