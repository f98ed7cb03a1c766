"""User and password of a camera: where they are kept, and reading them anew each time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from device_profiles.schema import Strict
from edge_agent.connector import LinkError


@dataclass(frozen=True, slots=True)
class Login:
    """User and password at a camera; never shown."""

    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "Login(***)"


class CameraLogin(Strict):
    """The part of a connection that says who logs in at a camera; the password stands elsewhere."""

    username: str | None = Field(None, min_length=1, max_length=128, description="User at the camera.")
    password_env: str | None = Field(None, min_length=1, description="Environment variable that holds the password.")
    password_file: Path | None = Field(None, description="File that holds the password; read anew at each attempt.")

    @field_validator("username")
    @classmethod
    def _no_colon(cls, username: str | None) -> str | None:
        if username and (":" in username or not username.isprintable()):
            raise ValueError("RTSP and HTTP allow neither colons nor control characters in user names")
        return username

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.password_env and self.password_file:
            raise ValueError("give password_env or password_file, not both")
        if bool(self.username) != bool(self.password_env or self.password_file):
            raise ValueError("username goes with one of password_env and password_file")
        return self

    def login(self) -> Login:
        """User and password, read now so that a changed password needs no restart; LinkError when it is gone."""
        if self.username is None:
            return Login()
        if self.password_file is None:
            password = os.environ.get(self.password_env or "")
        else:
            try:
                password = self.password_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "not UTF-8"
                raise LinkError("missing", f"password file cannot be read: {why}") from error
        if not password:
            raise LinkError("missing", "the camera's password is not set")
        return Login(self.username, password)
