"""What the roll-ups must be told."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from cloud.store.roll_up import HOUR, MINUTE, QUARTER, Grain
from device_profiles.schema import Strict

MOST_DAYS = 36_500


class RollUpConfig(Strict):
    """How long roll-ups stay, and how soon they are computed."""

    minute_days: int = Field(MINUTE.keep_days, ge=0, le=MOST_DAYS, description="Windows of 1 min; 0 = for ever.")
    quarter_days: int = Field(QUARTER.keep_days, ge=0, le=MOST_DAYS, description="Windows of 15 min; 0 = for ever.")
    hour_days: int = Field(HOUR.keep_days, ge=0, le=MOST_DAYS, description="Windows of 1 h; 0 = for ever.")
    settle_s: float = Field(30.0, ge=0, le=3600, description="How long an hour that is over waits for stragglers.")
    refresh_s: float = Field(900.0, ge=1, le=3600, description="How often the hour that still runs is computed.")

    def keep_days(self) -> Mapping[Grain, int]:
        """How many days each grain stays; 0 = for ever."""
        return {MINUTE: self.minute_days, QUARTER: self.quarter_days, HOUR: self.hour_days}
