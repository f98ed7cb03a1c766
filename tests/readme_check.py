"""Holds a room's README to its configuration: each field of the model must have its line there."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

ROOT = Path(__file__).parent.parent


def assert_documented(room: str, *models: type[BaseModel]) -> None:
    """The README of this folder names every field of these models, in backquotes, in a row of a table."""
    text = (ROOT / room / "README.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row.split("|")[1])}
    missing = {name for model in models for name in model.model_fields} - named
    assert not missing, f"{room}/README.md has no row for {sorted(missing)}"
