"""What enrolment must be told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from device_profiles.schema import Identifier, Strict
from device_profiles.wire import WireError
from device_profiles.wire.claims import PAGE_HOST, centre_address


class EnrolmentConfig(Strict):
    """Claims, certificates, and what a new gateway is told."""

    name: str = Field("Thacba", min_length=1, max_length=40, description="First word of the authority's names.")
    certificate_days: int = Field(
        90, ge=1, le=825, description="Life of a gateway's certificate: at least three times its longest time offline."
    )
    claim_days: int = Field(14, ge=1, le=365, description="How long a claim waits for its first use: boxes travel.")
    first_contact_minutes: int = Field(
        15, ge=1, le=24 * 60, description="From its first use on: the same box may ask again so long, nobody else."
    )
    re_enrol_days: int = Field(
        400, ge=0, le=3650, description="A certificate that ended so many days ago may still ask for a new one."
    )
    centre_url: str = Field("", description="Where gateways reach the centre, https://…; empty = http.public_url.")
    broker_url: str = Field("", description="Where gateways reach the broker, mqtts://…; empty = broker.url.")
    broker_authorities: Path | None = Field(
        None, description="PEM file: who vouches for the broker's address; without it, our own root does."
    )
    page: str = Field(PAGE_HOST, description="Host and port of a new gateway's own page; stands on the labels.")
    joins_at_once: int = Field(4, ge=1, le=64, description="Joins and renewals that are worked on at the same time.")
    barred_serials: tuple[Identifier, ...] = Field((), description="Serial numbers that never join: stolen boxes.")

    @field_validator("centre_url")
    @classmethod
    def _is_centre(cls, url: str) -> str:
        try:
            return centre_address(url) if url else ""
        except WireError as error:
            raise ValueError(error.detail) from error
