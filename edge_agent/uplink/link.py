"""What an uplink has to know of its broker."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Link:
    """How the broker is reached, with the secrets already read."""

    host: str
    port: int
    encrypted: bool = False
    authorities: str = ""  # PEM; empty for the system's
    username: str = ""
    password: str | None = field(default=None, repr=False)
    keep_alive_s: int = 20
    receipt_timeout_s: float = 20.0
    health_period_s: float = 10.0
    bytes_per_day: int | None = None
