"""How a connector finds the key of its device: in a file or in the environment, never in the configuration itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from device_profiles.schema import Strict
from edge_agent.connector import EdgeError


class CredentialError(EdgeError):
    """A key that the configuration names is not there; somebody has to provide it."""


class Keyed(Strict):
    """The part of a connection that says where its key is kept."""

    key_env: str = Field("", max_length=128, description="Environment variable that holds the key.")
    key_file: Path | None = Field(None, description="File that holds the key; relative to the configuration file.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.key_env and self.key_file:
            raise ValueError("give key_env or key_file, not both")
        return self

    def key(self) -> SecretStr | None:
        """The key, read now so that a changed one counts; None when none is named, CredentialError when it is gone."""
        if self.key_env:
            return _filled(os.environ.get(self.key_env, ""), f"environment variable {self.key_env}")
        if self.key_file is None:
            return None
        try:
            return _filled(self.key_file.read_text(encoding="utf-8"), f"file {self.key_file}")
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialError(f"file {self.key_file} cannot be read: {error}") from error


def one_place(what: str, env: str, file: Path | None) -> None:
    """ValueError when a secret is said to be in two places."""
    if env and file:
        raise ValueError(f"give {what}_env or {what}_file, not both")


def secret(what: str, env: str, file: Path | None, *, at_least: int = 1) -> SecretStr:
    """A secret from the environment or its file, read now; CredentialError when it is not there."""
    place = f"environment variable {env}" if env else f"file {file}"
    try:
        text = os.environ.get(env, "") if env else "" if file is None else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialError(f"{place} cannot be read: {error}") from error
    found = _filled(text, place, what)
    if len(found.get_secret_value()) < at_least:
        raise CredentialError(f"the {what} in {place} is shorter than {at_least} letters")
    return found


def _filled(text: str, place: str, what: str = "key") -> SecretStr:
    key = text.strip()
    if not key:
        raise CredentialError(f"{place} holds no {what}")
    return SecretStr(key)
