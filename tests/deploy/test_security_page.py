"""The page of threats names proofs that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w./]+)`")
WANTED = {"F32", "F33", "F34", "F35", "F36", "F37", "F38", "F39", "F40", "F66"}


def test_every_proof_that_is_named_is_there() -> None:
    named = set(NAMED.findall(PAGE.read_text(encoding="utf-8")))
    assert len(named) > 20
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]


def test_every_fault_of_identity_and_access_has_its_line() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| F")]
    assert {line.split("|")[1].strip() for line in lines} >= WANTED
    assert all("`tests/" in line for line in lines)
