"""What this room makes of recorded answers; pure.

`raw`: {"health": {"online": true, "clock_offset_s": 0.4, ...}, "messages": ["<s:Envelope>...", ...]}; each message is
the whole answer to PullMessages, as the camera sent it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation, Scalar
from edge_agent.connectors.onvif.report import Standing, happenings, health_samples, property_samples
from edge_agent.onvif.reading import messages
from edge_agent.onvif.soap import answer_in

RECORDED_AT = 1_700_000_000_000  # any moment: times in recorded answers are of another year


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point that the camera feeds, and what happened."""
    recorded = cast(Mapping[str, object], raw) if isinstance(raw, Mapping) else {}
    values = dict(cast(Mapping[str, Scalar], recorded.get("health", {})))
    texts = cast(Sequence[str], recorded.get("messages", []))
    told = [message for text in texts for message in messages(answer_in(text.encode()))]
    samples = health_samples(profile, device, values, at_ms=RECORDED_AT, lost="")
    samples += property_samples(profile, device, told, offset_ms=0, now_ms=RECORDED_AT)
    happened, _ = happenings(profile, device, Standing(), told, offset_ms=0, now_ms=RECORDED_AT)
    return [*samples, *(one for one in happened if one.kind in profile.events)]
