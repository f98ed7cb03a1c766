"""What a backup consists of; pure.

```
 backup.tar
 ├── manifest.json       what is inside, with the digest of every part; always first
 ├── state/<table>       rows of the state database, one JSON object a line
 ├── readings/<file>     the embedded store of readings, when there is one
 ├── data/<path>         files of the data folder: dead letters, attachments, records, releases
 ├── settings/<path>     the folder of centre.toml
 └── secrets.sealed      keys and passwords, sealed with a passphrase
```
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import msgspec

from cloud.errors import CloudError

FORMAT = 1
MANIFEST = "manifest.json"
SECRETS = "secrets.sealed"
# Of the data folder: the key that commands are signed with, and the authority that lets gateways in.
SECRET = re.compile(r"data/(command_key|authority/.*)|settings/(.*/)?[^/]*(password|secret|key|token)[^/]*")
# Databases have parts of their own; locks, sockets and half-written files belong to the running program.
PASSING = re.compile(r"data/([^/]*\.sqlite3[^/]*|centre\.lock)|.*\.sock|(.*/)?\.[^/]*\.new")


class BackupError(CloudError):
    """The archive is damaged, of another format, or does not fit what is here."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member of the archive; `digest` is its SHA-256 in hex."""

    name: str
    size: int
    digest: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first member. `made_at` in ms since 1970 UTC; `revision` of the state database's schema."""

    format: int
    made_at: int
    version: str
    revision: str
    parts: list[Part]
    secrets: bool


def is_secret(name: str) -> bool:
    """Whether this member may only travel sealed."""
    return SECRET.fullmatch(name) is not None


def is_passing(name: str) -> bool:
    """Whether this file is of no use elsewhere."""
    return PASSING.fullmatch(name) is not None


def is_inside(name: str) -> bool:
    """Whether a member stays below the folder that it is unpacked into."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(name)
