"""Configuration of one SNMP device: where its agent is, who we are to it, and which of its rows are meant."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from device_profiles.schema import Key, Strict
from edge_agent.credentials import one_place, secret

Auth = Literal["none", "md5", "sha", "sha224", "sha256", "sha384", "sha512"]
Privacy = Literal["none", "des", "aes128", "aes192", "aes256"]
LEAST_PASSWORD = 8  # RFC 3414, 11.2


class SnmpConnection(Strict):
    """Ask one SNMP agent, and hear its traps."""

    kind: Literal["snmp"] = Field("snmp", description="Always snmp.")
    host: str = Field(min_length=1, max_length=253, description="Name or address of the device.")
    port: int = Field(161, ge=1, le=65535, description="UDP port of its agent.")
    version: Literal["2c", "3"] = Field("3", description="Version 3 has users and encryption; 2c has neither.")
    community_env: str = Field("", max_length=128, description="2c: environment variable that holds the community.")
    community_file: Path | None = Field(None, description="2c: file that holds the community.")
    write_community_env: str = Field("", max_length=128, description="2c: the same for the community of sets.")
    write_community_file: Path | None = Field(None, description="2c: the same for the community of sets.")
    username: str = Field("", max_length=32, description="3: user.")
    auth: Auth = Field("sha256", description="3: how messages are signed.")
    auth_password_env: str = Field("", max_length=128, description="3: environment variable with that password.")
    auth_password_file: Path | None = Field(None, description="3: file with that password.")
    privacy: Privacy = Field("aes128", description="3: how messages are encrypted.")
    privacy_password_env: str = Field("", max_length=128, description="3: environment variable with that password.")
    privacy_password_file: Path | None = Field(None, description="3: file with that password.")
    context: str = Field("", max_length=32, description="3: context, for agents that answer for several devices.")
    timeout_s: float = Field(2.0, ge=0.1, le=30, description="Longest wait for one answer.")
    retries: int = Field(1, ge=0, le=5, description="How often a question without answer is asked again.")
    max_values: int = Field(20, ge=1, le=100, description="Most values in one question.")
    max_rows: int = Field(512, ge=1, le=10_000, description="Longest column that is read.")
    rows: dict[Key, int | str] = Field(
        default_factory=dict, description="Rows that the profile names: a number, or the name of an interface."
    )
    trap_port: int = Field(0, ge=0, le=65535, description="UDP port where its traps are heard, 162 as a rule; 0: none.")
    trap_host: str = Field("0.0.0.0", min_length=1, max_length=253, description="Address of ours to hear traps at.")
    engine_id: str = Field(
        "", pattern=r"^([0-9A-Fa-f]{2}){5,32}$|^$", description="3: engine of the device in hex; needed for its traps."
    )
    writes: Literal["refused", "allowed"] = Field("refused", description="Whether commands may set anything.")

    @model_validator(mode="after")
    def _credentials_fit_the_version(self) -> Self:
        for what in ("community", "write_community", "auth_password", "privacy_password"):
            one_place(what, getattr(self, f"{what}_env"), getattr(self, f"{what}_file"))
        if self.version == "2c":
            if not (self.community_env or self.community_file):
                raise ValueError("version 2c needs community_env or community_file")
        elif not self.username:
            raise ValueError('version 3 needs username; write version = "2c" for a device that only knows communities')
        elif self.privacy != "none" and self.auth == "none":
            raise ValueError("privacy needs auth: whoever encrypts signs, too")
        else:
            self._passwords_are_named()
        return self

    def _passwords_are_named(self) -> None:
        for choice, what in ((self.auth, "auth_password"), (self.privacy, "privacy_password")):
            if choice != "none" and not (getattr(self, f"{what}_env") or getattr(self, f"{what}_file")):
                raise ValueError(f"{what.split('_')[0]} = {choice} needs {what}_env or {what}_file")

    def community(self, *, writing: bool = False) -> SecretStr:
        """The community, read now so that a changed one counts."""
        if writing and (self.write_community_env or self.write_community_file):
            return secret("community", self.write_community_env, self.write_community_file)
        return secret("community", self.community_env, self.community_file)

    def auth_password(self) -> SecretStr | None:
        """What messages are signed with; None when they are not."""
        return None if self.auth == "none" else _password(self.auth_password_env, self.auth_password_file)

    def privacy_password(self) -> SecretStr | None:
        """What messages are encrypted with; None when they are not."""
        return None if self.privacy == "none" else _password(self.privacy_password_env, self.privacy_password_file)


def _password(env: str, file: Path | None) -> SecretStr:
    return secret("password", env, file, at_least=LEAST_PASSWORD)
