"""How an SMS channel is configured."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from cloud.notify.channels.sms.message import Diacritics
from cloud.notify.http_channel import HttpChannelConfig
from cloud.notify.phone import mobile_numbers
from cloud.notify.placeholders import PLACEHOLDER, check_template
from device_profiles.basics import Language

NUMBERS = frozenset({"phone", "phone_plus", "phone_local"})
FACTS = NUMBERS | {"encoding", "key", "parts", "secret", "sender", "text", "unicode", "username"}


class SmsConfig(HttpChannelConfig):
    """Sends notices as text messages through a gateway that speaks HTTP."""

    kind: Literal["sms"]
    method: Literal["POST", "PUT", "GET"] = Field("POST", description="How the gateway is asked.")
    body: Literal["json", "form"] = Field("json", description="Form of the fields; GET puts them into the query.")
    fields: dict[str, str | int | bool] = Field(
        min_length=1,
        description="Names of the gateway's fields, and what they hold: texts with {phone}, {text} and the like.",
    )
    auth: Literal["none", "bearer", "basic"] = Field("none", description="How the secret goes into the headers.")
    username: str = Field("", description="Log-in name, for basic and {username}.")
    secret_env: str = Field("", description="Environment variable with the secret, for headers and {secret}.")
    secret_file: Path | None = Field(None, description="The same from a file.")
    sender: str = Field(
        "", pattern=r"^[A-Za-z0-9 ._&-]{0,11}$", description="Registered brandname, at most 11 characters."
    )
    recipients: tuple[str, ...] = Field(
        (), max_length=50, repr=False, description="Mobile numbers for notices that are for no person."
    )
    language: Language = Field("vi", description="Language for the recipients.")
    diacritics: Diacritics = Field(
        False, description="Vietnamese letters: true, false, or auto = when nothing must be cut for them."
    )
    max_parts: int = Field(2, ge=1, le=10, description="Most parts of one message; the text is cut, the link is kept.")
    success_status: tuple[int, ...] = Field((), description="Statuses that mean taken; none = all of 2xx.")
    success_field: str = Field("", description="Field of the JSON answer that says more, with dots; none = the status.")
    success_values: tuple[str, ...] = Field((), description="Its values that mean taken.")
    later_values: tuple[str, ...] = Field((), description="Its values that mean: try again.")
    misconfigured_values: tuple[str, ...] = Field((), description="Its values that mean: wrong secret or account.")

    @field_validator("recipients")
    @classmethod
    def _numbers(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        return mobile_numbers(recipients)

    @model_validator(mode="after")
    def _fields_are_whole(self) -> Self:
        texts = [check_template(value, FACTS) for value in self.fields.values() if isinstance(value, str)]
        named = {name for text in texts for name in PLACEHOLDER.findall(text)}
        if not named & NUMBERS or "text" not in named:
            raise ValueError("fields must hold {phone} (or {phone_plus}, {phone_local}) and {text}")
        if (self.auth != "none" or "secret" in named) and not (self.secret_env or self.secret_file):
            raise ValueError("secret_env or secret_file is missing")
        if self.auth == "basic" and not self.username:
            raise ValueError("username is missing")
        if bool(self.success_field) != bool(self.success_values):
            raise ValueError("success_field and success_values belong together")
        return self
