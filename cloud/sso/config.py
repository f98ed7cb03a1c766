"""What the centre must know of the province's log-in server, and which of its groups may do what here."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from cloud.access.roles import Role
from cloud.errors import ConfigurationError
from device_profiles.exercise import is_here
from device_profiles.schema import Identifier, Sector, Strict, Text


class SsoGroup(Strict):
    """What the members of one group may do here."""

    group: str = Field(min_length=1, max_length=200, description="Name of the group, as the log-in server says it.")
    role: Role = Field(description="viewer, operator, engineer or admin.")
    areas: tuple[Identifier, ...] = Field((), description="The areas that they see; none = the whole province.")
    sectors: tuple[Sector, ...] = Field((), description="The sectors that they see; none = all of them.")


class SsoConfig(Strict):
    """Log-in with OpenID Connect, beside the accounts of the centre."""

    issuer: str = Field(description="Address of the log-in server, as its tokens name it; https.")
    client_id: str = Field(min_length=1, max_length=200, description="What the log-in server calls this centre.")
    secret_env: str = Field("", description="Environment variable that holds the client's secret.")
    secret_file: Path | None = Field(None, description="File that holds it, and nothing else.")
    label: Text = Field(
        default_factory=lambda: Text(vi="Đăng nhập bằng tài khoản của tỉnh", en="Log in with the province's account"),
        description="What the button says.",
    )
    scopes: tuple[str, ...] = Field(("openid", "profile"), description="What is asked for; `openid` is always there.")
    name_claim: str = Field("preferred_username", description="The claim that becomes the name of the account here.")
    groups_claim: str = Field("groups", description="The claim that lists the groups of a person.")
    groups: tuple[SsoGroup, ...] = Field(min_length=1, description="Who may do what; a person of no group stays out.")
    leeway_s: int = Field(60, ge=0, le=600, description="So far apart the two clocks may be.")
    timeout_s: float = Field(10.0, gt=0, le=60, description="Longest wait for the log-in server.")

    @model_validator(mode="after")
    def _nobody_listens(self) -> Self:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here(parts.hostname or "")):
            raise ValueError(f"issuer {self.issuer!r} must begin with https://")
        return self

    def secret(self) -> SecretStr | None:
        """The client's secret, None for a public client; ConfigurationError when its place is empty."""
        if self.secret_env:
            try:
                return SecretStr(os.environ[self.secret_env])
            except KeyError:
                raise ConfigurationError(f"environment variable {self.secret_env} is not set") from None
        if self.secret_file is None:
            return None
        try:
            return SecretStr(self.secret_file.read_text(encoding="utf-8").strip())
        except OSError as error:
            raise ConfigurationError(f"{self.secret_file}: {error.strerror}") from error

    def rights_of(self, groups: Collection[str]) -> SsoGroup | None:
        """What a person of these groups may do: the first line of the file that fits; None = nothing."""
        return next((each for each in self.groups if each.group in groups), None)
