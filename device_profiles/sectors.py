"""What the thirteen sectors of the smart-city scheme are called; pure."""

from __future__ import annotations

from collections.abc import Mapping

from device_profiles.basics import Text
from device_profiles.schema import Sector

# In the order of the scheme's component projects.
NAMES: Mapping[Sector, Text] = {
    sector: Text(vi=vi, en=en)
    for sector, vi, en in (
        (Sector.SECURITY, "Camera giám sát, an ninh trật tự", "Cameras and public security"),
        (Sector.EDUCATION, "Giáo dục", "Education"),
        (Sector.HEALTH, "Y tế", "Health"),
        (Sector.TOURISM, "Du lịch", "Tourism"),
        (Sector.ECONOMY, "Kinh tế, tài chính, công thương", "Economy, finance, industry and trade"),
        (Sector.CYBER, "An toàn thông tin", "Cyber security"),
        (Sector.URBAN, "Quản lý đô thị", "Urban management"),
        (Sector.TRAFFIC, "Giao thông", "Traffic"),
        (Sector.ENVIRONMENT, "Tài nguyên và môi trường", "Natural resources and environment"),
        (Sector.LABOUR, "Lao động, an sinh xã hội", "Labour and social affairs"),
        (Sector.AGRICULTURE, "Nông nghiệp, đất đai", "Agriculture and land"),
        (Sector.DISASTER, "Phòng, chống thiên tai", "Disaster prevention"),
        (Sector.PUBLIC_SERVICE, "Dịch vụ công", "Public services"),
    )
}
