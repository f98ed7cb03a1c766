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


def _filled(text: str, place: str) -> SecretStr:
    key = text.strip()
    if not key:
        raise CredentialError(f"{place} holds no key")
    return SecretStr(key)
