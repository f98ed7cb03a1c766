"""What a citizen may report, and whose business it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from device_profiles.schema import Sector


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of report; `title` names its incident, which officers read in Vietnamese."""

    sector: Sector
    title: str


TOPICS: Mapping[str, Topic] = MappingProxyType(
    {
        "flood": Topic(Sector.DISASTER, "ngập, lũ"),
        "landslide": Topic(Sector.DISASTER, "sạt lở, nứt đất"),
        "road": Topic(Sector.TRAFFIC, "hư hỏng đường, biển báo, đèn tín hiệu"),
        "lighting": Topic(Sector.URBAN, "chiếu sáng công cộng"),
        "waste": Topic(Sector.ENVIRONMENT, "rác thải, nước thải"),
        "air": Topic(Sector.ENVIRONMENT, "khói bụi, mùi, tiếng ồn"),
        "water": Topic(Sector.URBAN, "cấp nước, thoát nước"),
        "safety": Topic(Sector.SECURITY, "an ninh, trật tự"),
        "service": Topic(Sector.PUBLIC_SERVICE, "dịch vụ công, kiosk"),
        "other": Topic(Sector.PUBLIC_SERVICE, "việc khác"),
    }
)
