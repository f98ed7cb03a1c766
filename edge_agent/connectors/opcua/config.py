"""Configuration of one device behind an OPC UA server: where it is, how it is trusted, and who we are to it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from device_profiles.schema import Strict
from edge_agent.credentials import one_place, secret

SCHEME = "opc.tcp"
DEFAULT_PORT = 4840


class OpcUaConnection(Strict):
    """Subscribe to the nodes of one device at an OPC UA server."""

    kind: Literal["opcua"] = Field("opcua", description="Always opcua.")
    url: str = Field(max_length=500, description="opc.tcp://host:4840/path, without user and password.")
    security: Literal["sign_and_encrypt", "sign", "none"] = Field(
        "sign_and_encrypt", description="How messages are protected, with Basic256Sha256; none: not at all."
    )
    server_certificate_file: Path | None = Field(
        None, description="The server's certificate; without it the first one that is seen is kept, and no other taken."
    )
    certificate_file: Path | None = Field(
        None, description="Our certificate as an application; without it one is made and kept below data_dir/opcua."
    )
    private_key_file: Path | None = Field(None, description="The private key of our certificate.")
    username: str = Field("", max_length=128, description="User; empty for nobody in particular.")
    password_env: str = Field("", max_length=128, description="Environment variable that holds the password.")
    password_file: Path | None = Field(None, description="File that holds the password.")
    user_certificate_file: Path | None = Field(None, description="Certificate of the user, instead of a password.")
    user_key_file: Path | None = Field(None, description="Private key of the user's certificate.")
    publishing_s: float = Field(1.0, ge=0.05, le=3600, description="How often the server reports what has changed.")
    timeout_s: float = Field(5.0, ge=0.2, le=60, description="Longest wait for one answer.")
    clock: Literal["gateway", "server"] = Field(
        "gateway", description="Whose time readings carry: ours on arrival, or the server's own of each change."
    )
    writes: Literal["refused", "allowed"] = Field("refused", description="Whether commands may write anything.")

    @field_validator("url")
    @classmethod
    def _address_without_login(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != SCHEME or not parts.hostname:
            raise ValueError("the address begins with opc.tcp:// and names a host")
        if "@" in parts.netloc:
            raise ValueError("user and password do not belong in the address: use username and password_file")
        if parts.port is None:
            return parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{DEFAULT_PORT}").geturl()
        return url

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        one_place("password", self.password_env, self.password_file)
        password = bool(self.password_env or self.password_file)
        if password != bool(self.username):
            raise ValueError("username goes with one of password_env and password_file")
        if bool(self.user_certificate_file) != bool(self.user_key_file):
            raise ValueError("user_certificate_file and user_key_file go together")
        if self.user_certificate_file and self.username:
            raise ValueError("log in with a password or with a certificate, not with both")
        return self

    @model_validator(mode="after")
    def _security_is_whole(self) -> Self:
        if bool(self.certificate_file) != bool(self.private_key_file):
            raise ValueError("certificate_file and private_key_file go together")
        if self.security == "none" and (self.username or self.user_certificate_file):
            raise ValueError("security none would show the log-in to everybody on the way: use sign_and_encrypt")
        if self.security == "none" and (self.certificate_file or self.server_certificate_file):
            raise ValueError("security none uses no certificates: use sign_and_encrypt, or leave them out")
        return self

    def password(self) -> SecretStr | None:
        """The password, read now so that a changed one counts; None without a user."""
        return secret("password", self.password_env, self.password_file) if self.username else None
