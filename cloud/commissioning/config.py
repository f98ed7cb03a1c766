"""How much is kept of what gateways send."""

from __future__ import annotations

from pydantic import Field

from device_profiles.schema import Strict


class CommissioningConfig(Strict):
    """Bounds for commissioning records; they are kept for ever, as the papers that they replace."""

    total_mb: int = Field(20_000, ge=1, le=10_000_000, description="Megabytes of all photos and signatures together.")
    per_gateway_a_day: int = Field(20, ge=1, le=1000, description="Records that one gateway may send in a day.")
