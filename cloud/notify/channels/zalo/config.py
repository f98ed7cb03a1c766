"""How a Zalo channel is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import AnyHttpUrl, Field, field_validator, model_validator

from cloud.notify.content import NoticeKind
from cloud.notify.http_channel import HttpChannelConfig
from cloud.notify.phone import mobile_numbers
from cloud.notify.placeholders import check_template
from device_profiles.schema import Strict

ENDPOINT = AnyHttpUrl("https://business.openapi.zalo.me/message/template")
# Zalo's answers: https://zalo.cloud/zns/guidelines/handle-error-code (read in November 2026, to be confirmed with the
# account); what is not listed here refuses this notice only, for instance -108 wrong number, -133 not by night,
# -139 declined, -144 and -147 quota of the day.
LATER = (-100,)
MISCONFIGURED = (
    -101, -102, -103, -104, -105, -106, -109, -111, -113, -115, -117, -120, -121, -122, -124, -1241, -125, -126, -131,
    -135, -136, -137, -138, -140, -145, -146,
)  # fmt: skip


class ZaloTemplate(Strict):
    """A template that Zalo has approved, and what goes into its places."""

    id: str = Field(pattern=r"^\d{1,20}$", description="template_id that Zalo gave it.")
    fields: dict[str, str] = Field(
        min_length=1,
        max_length=30,
        description="Its places, and what they hold: texts with {text}, {site} and the like.",
    )
    max_chars: int = Field(100, ge=10, le=400, description="Longest text of one place; longer ones are cut.")

    @field_validator("fields")
    @classmethod
    def _name_facts(cls, fields: dict[str, str]) -> dict[str, str]:
        return {name: check_template(text) for name, text in fields.items()}


class ZaloConfig(HttpChannelConfig):
    """Sends notices as ZNS messages from an official account."""

    kind: Literal["zalo"]
    url: AnyHttpUrl = Field(ENDPOINT, description="Zalo's endpoint.")
    token_env: str = Field("", description="Environment variable with the access token.")
    token_file: Path | None = Field(
        None, description="The same from a file, read for every message: another program may renew it."
    )
    mode: Literal["live", "development"] = Field(
        "live", description="development: Zalo sends to the administrators of the account only, for templates on trial."
    )
    templates: dict[NoticeKind, ZaloTemplate] = Field(
        description="One for each kind of notice: raised, cleared, digest, test; a kind without one is refused."
    )
    recipients: tuple[str, ...] = Field(
        (), max_length=50, repr=False, description="Mobile numbers for notices that are for no person."
    )
    later_errors: tuple[int, ...] = Field(LATER, description="Error codes of Zalo that mean: try again.")
    misconfigured_errors: tuple[int, ...] = Field(
        MISCONFIGURED, description="Error codes that concern the account: token, permission, balance, template."
    )

    @field_validator("recipients")
    @classmethod
    def _numbers(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        return mobile_numbers(recipients)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if "raised" not in self.templates:
            raise ValueError("templates.raised is missing")
        if bool(self.token_env) == bool(self.token_file):
            raise ValueError("either token_env or token_file must say where the access token is")
        return self
