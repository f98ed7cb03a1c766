"""What only one program can have: the data folder and the port."""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.errors import CloudError
from device_profiles.folders import make_lasting


class AlreadyRunningError(CloudError):
    """Something that only one program can have is taken: the data folder or the port."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the data folder: two centres with one folder would each think they own the ledger."""
    make_lasting(folder)
    with (folder / "centre.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunningError(f"{folder}: another centre works with this folder") from None
        yield


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, before anything is started that would have to be stopped again."""
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise AlreadyRunningError(f"http.port {port} on {host}: {error.strerror}") from error
    with listener:
        yield listener
