"""The coverage table names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NAMED = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", (HERE / "README.md").read_text("utf-8"))


@pytest.mark.parametrize(("file", "test"), sorted(set(NAMED)))
def test_what_the_table_names_is_there(file: str, test: str) -> None:
    path = next((place / file for place in (HERE, ROOT) if (place / file).exists()), None)
    assert path is not None
    assert not test or f"def {test}(" in path.read_text("utf-8")
