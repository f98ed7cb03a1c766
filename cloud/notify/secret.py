"""Reads the secrets of channels from the environment or a file."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import SecretStr

from cloud.errors import ConfigurationError


def read_secret(*, env: str, file: Path | None) -> SecretStr | None:
    """The secret, None when no place is named; ConfigurationError when the named place does not hold it."""
    if env:
        value = os.environ.get(env, "")
        if not value:
            raise ConfigurationError(f"environment variable {env} is not set")
        return SecretStr(value)
    if file is None:
        return None
    try:
        return SecretStr(file.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read ({error.strerror})") from error
