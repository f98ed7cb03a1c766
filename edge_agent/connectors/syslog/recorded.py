"""What this room makes of recorded lines: ["<34>1 2024-09-08T...", ...], all heard within one moment; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from device_profiles.schema import DeviceProfile
from device_profiles.sources.syslog import SyslogSource
from edge_agent.connector import Observation
from edge_agent.connectors.syslog.config import PRIVATE, SyslogConnection
from edge_agent.connectors.syslog.tally import Tally

SITE = "10.20.0.0/16"  # what every network of a profile is taken for: recorded lines name no site
RECORDED_AT = 1_700_000_000_000  # any moment: lines are counted when they come


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point and event of these lines; a network that the profile names is 10.20.0.0/16."""
    lines = [text for text in raw if isinstance(text, str)] if isinstance(raw, list) else []
    tally = Tally(device, _connection(profile), profile)
    for text in cast(Sequence[str], lines):
        tally.take(text.encode(), now_s=0.0, now_ms=RECORDED_AT)
    return tally.report(now_s=0.0, now_ms=RECORDED_AT)


def _connection(profile: DeviceProfile) -> SyslogConnection:
    names = {
        name
        for point in profile.points
        if isinstance(point.source, SyslogSource)
        for match in point.source.matches
        for name in (match.source_in, match.target_outside)
        if name and name != PRIVATE
    }
    networks = dict.fromkeys(sorted(names), (SITE,))
    return SyslogConnection.model_validate({"senders": ("127.0.0.1",), "networks": networks})
