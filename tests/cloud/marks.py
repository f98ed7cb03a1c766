"""A short way to say a level on a point."""

from __future__ import annotations

from cloud.api.views import ThresholdView
from cloud.rules.ladder import same_in_both


def mark(rule: str, level: str, value: float, severity: int) -> ThresholdView:
    """A level that is called the same in both languages."""
    return ThresholdView(rule, level, same_in_both(level), value, severity)
