"""The book of open alarms: exactly one per rule, gateway and device."""

from __future__ import annotations


class AlarmBook:
    """Holds the open alarms."""
