"""A set of rules that runs together: read from a folder, checked as a whole, refused as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloud.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules by id, and the unit of the point that each looks at."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


def load_rules(folder: Path, catalogue: object, *, channels: Collection[str] = ()) -> RuleSet:
    """Every rule file of the folder, checked against the catalogue; RuleSetError holds all faults at once."""
    raise NotImplementedError
