"""The folder `configuration/` of a gateway: what is good, what is tried, and the secrets in them; all on disk first.

```
 configuration/state.json           which one is good, tried, given up        written last: it alone decides
              /versions/7-0123456789ab.json                                    written before it is named
              /secrets/camera-1.0123456789ab                       0600        written before that
              /file.json            the tables of the last gateway.toml that was good
```
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from device_profiles.wire import Configuration
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.merging import Table, proved_name
from edge_agent.configuring.versions import Label, Versions
from edge_agent.lasting import remove_lasting, write_lasting

log = logging.getLogger(__name__)
T = TypeVar("T")


class Kept(msgspec.Struct, frozen=True):
    """A configuration on disk; `secrets`: name -> its file below `secrets/`."""

    configuration: Configuration
    secrets: dict[str, str] = msgspec.field(default_factory=dict)


class KeptFile(msgspec.Struct, frozen=True):
    """What stood in a gateway.toml that was good, and the folder that its paths are relative to."""

    folder: str
    table: dict[str, object]


class ConfigurationStore:
    """Owns the folder. A kill between any two steps leaves what was good before, or what came after."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "configuration"
        self.damaged = ""

    def versions(self) -> Versions:
        """Where the configurations stand; a damaged file is set aside, and the gateway begins with its own file."""
        path = self._folder / "state.json"
        try:
            return self._read(path, Versions) or Versions()
        except ConfigurationError as error:
            self.damaged = error.detail
            log.critical("configurations damaged, set aside", extra={"error": error.detail})
            with suppress(OSError):  # a disk that cannot be written keeps no gateway from running
                path.replace(path.with_suffix(".damaged"))
            return Versions()

    def write(self, versions: Versions) -> None:
        """Keeps where the configurations stand, and forgets what is no longer needed."""
        write_lasting(self._folder / "state.json", msgspec.json.encode(versions))
        self.forget_all_but(versions.keys)

    def keep(self, label: Label, kept: Kept, opened: Mapping[str, bytes]) -> Kept:
        """Keeps a configuration with the secrets that came with it; it counts only when `write` names it."""
        files = dict(kept.secrets)
        for name, secret in opened.items():
            sealed = kept.configuration.sealed.get(name)
            mark = hashlib.sha256(sealed.encode()).hexdigest()[:12] if sealed else secrets.token_hex(6)
            files[proved_name(name)] = f"{name}.{mark}"
            write_lasting(self._folder / "secrets" / files[name], secret)
        whole = msgspec.structs.replace(kept, secrets=files)
        write_lasting(self._path(label), msgspec.json.encode(whole))
        return whole

    def kept(self, label: Label) -> Kept | None:
        """A configuration; None for gateway.toml alone, ConfigurationError when it is gone or damaged."""
        if not label.key:
            return None
        kept = self._read(self._path(label), Kept)
        if kept is None:
            raise ConfigurationError("damaged", f"version {label.version} is gone from the disk")
        return kept

    def secret_files(self, kept: Kept) -> dict[str, str]:
        """Where the secrets of a configuration lie."""
        return {name: str(self._folder / "secrets" / file) for name, file in kept.secrets.items()}

    def file(self) -> KeptFile | None:
        """The last gateway.toml that was good."""
        try:
            return self._read(self._folder / "file.json", KeptFile)
        except ConfigurationError as error:
            log.warning("copy of the last good file damaged", extra={"error": error.detail})
            return None

    def keep_file(self, table: Table, folder: Path) -> None:
        """This gateway.toml is good; nothing is written when it is the same as before, or when the disk is full."""
        kept = KeptFile(str(folder), table)
        content = msgspec.json.encode(kept)
        before = self.file()
        if before is None or msgspec.json.encode(before) != content:
            try:
                write_lasting(self._folder / "file.json", content)
            except OSError as error:
                log.warning("copy of the good file cannot be written", extra={"error": str(error)})

    def forget_all_but(self, keys: frozenset[str]) -> None:
        """Removes every other configuration, and the secrets that only they have."""
        needed: set[str] = set()
        for path in (self._folder / "versions").glob("*.json"):
            if path.stem not in keys:
                remove_lasting(path)
            else:
                kept = self._read(path, Kept)
                needed |= set(kept.secrets.values()) if kept else set()
        for path in (self._folder / "secrets").glob("*"):
            if path.name not in needed:
                remove_lasting(path)

    def _path(self, label: Label) -> Path:
        return self._folder / "versions" / f"{label.key}.json"

    def _read(self, path: Path, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError("damaged", f"{path.name}: {error}") from error
