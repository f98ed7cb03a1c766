"""How many notices one recipient gets, and when another way to a person is tried."""

from __future__ import annotations

from pydantic import Field

from device_profiles.schema import Strict


class Pace(Strict):
    """The part of `[notify]` that the stages of the pipeline go by. Severity 1 is an emergency, 2 to 4 are mild."""

    group_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="Mild notices to one recipient are gathered for so long; the first leaves at once.",
    )
    per_minute: int = Field(
        12, ge=1, le=6000, description="Most notices a minute to one recipient; what is beyond becomes a digest."
    )
    fallback_s: float = Field(
        60.0, ge=1, le=86400, description="Emergency: so long without success, and the person's next channel is tried."
    )
    fallback_mild_s: float = Field(900.0, ge=1, le=86400, description="The same for mild notices.")
    call_s: float = Field(
        300.0, ge=10, le=86400, description="So long on the call list without a call, and the next channel is tried."
    )
    outage_attempts: int = Field(
        5, ge=1, le=1000, description="So many attempts of a channel without success are an alarm of the platform."
    )
    outage_s: float = Field(120.0, ge=1, le=86400, description="So long failing, and it is one too.")
