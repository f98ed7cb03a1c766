"""The key with which the centre signs commands: made once, kept in the data folder, readable by us alone."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.errors import ConfigurationError

NAME = "command_key"
KEY_BYTES = 32


def read_command_key(folder: Path) -> Ed25519PrivateKey | None:
    """The key in the folder; None when nobody has made one, ConfigurationError when it is not a key."""
    path = folder / NAME
    try:
        raw = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read as a key ({error})") from error
    if len(raw) != KEY_BYTES:
        raise ConfigurationError(f"{path}: is not an Ed25519 key")
    return Ed25519PrivateKey.from_private_bytes(raw)


def make_command_key(folder: Path) -> Ed25519PrivateKey:
    """The key in the folder, made when there is none; never replaced, because the fleet believes it."""
    known = read_command_key(folder)
    if known is not None:
        return known
    key = Ed25519PrivateKey.generate()
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key.private_bytes_raw()) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half as gateways are told it: base64 of the 32 bytes."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
