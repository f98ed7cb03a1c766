"""What an uplink has to know of its broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Papers(Protocol):
    """Whoever keeps the certificate that the link shows, and wants to know what the broker thinks of it."""

    async def worth_showing(self) -> None:
        """Returns when there is one that the broker may take."""

    def refused(self, fault: str) -> None:
        """The broker would not have it."""

    def accepted(self) -> None:
        """The broker took it."""


@dataclass(frozen=True, slots=True)
class Credential:
    """The certificate that the link shows: PEM with its chain, read at each session, so a renewed one counts."""

    certificate_file: Path
    key_file: Path
    papers: Papers | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """How the broker is reached, with the secrets already read."""

    host: str
    port: int
    encrypted: bool = False
    authorities: str = ""  # PEM; empty for the system's
    credential: Credential | None = None
    username: str = ""
    password: str | None = field(default=None, repr=False)
    keep_alive_s: int = 20
    receipt_timeout_s: float = 20.0
    health_period_s: float = 10.0
    bytes_per_day: int | None = None
