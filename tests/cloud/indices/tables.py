"""The indices as the province's own files define them, and a place for them to stand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cloud.index_files import load_indices
from cloud.indices.registry import IndexFile
from cloud.indices.spec import Indices
from cloud.indices.table import IndexTable, Place
from device_profiles.load import build, load_catalogue, parse_table

FOLDER = Path(__file__).parents[3] / "deploy" / "indices"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MIDNIGHT = 1_725_728_400_000  # 8 September 2024, 00:00 at Hà Nội


@cache
def table(name: str) -> IndexTable:
    """One index."""
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return build({"index": parse_table(text)}, IndexFile).index


@cache
def indices() -> Indices:
    """All of them, checked against the catalogue."""
    return load_indices(FOLDER, load_catalogue())


def place(**attributes: float | str) -> Place:
    """A site with these attributes."""
    return Place(attributes)
