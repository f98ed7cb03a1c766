"""What this gateway says of its identity: to the page, the console and the doctor; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from edge_agent.identity.words import sentences

State = Literal[
    "none",  # a boxed gateway: no certificate, and nobody has brought a claim
    "queued",  # a claim waits for the centre; it is tried again by itself
    "refused",  # the centre refused the claim; somebody has to bring another one
    "member",  # the certificate is in force
    "expired",  # it has run out; a new one is asked for by itself
    "revoked",  # the centre has revoked it; only a new claim helps
    "damaged",  # the files cannot be read
]
ClaimState = Literal["", "waits", "refused"]


@dataclass(frozen=True, slots=True)
class Fault:
    """The last thing that went wrong: `code` chooses the sentences of `words.py`, `detail` holds the facts."""

    code: str
    detail: str = ""
    at: int = 0  # ms since 1970 UTC, own time


@dataclass(frozen=True, slots=True)
class Standing:
    """The identity at a glance. Times in ms since 1970 UTC; None where there is nothing to say."""

    state: State
    claim: ClaimState = ""  # a member may have one, too: it joins anew
    gateway: str = ""
    site: str = ""
    name_vi: str = ""
    name_en: str = ""
    serial: str = ""
    centre: str = ""
    begins_at: int | None = None
    ends_at: int | None = None
    days_left: float | None = None
    renews_at: int | None = None
    queued_at: int | None = None
    next_try_in_s: int | None = None
    fault: Fault | None = None

    def document(self) -> dict[str, object]:
        """What the verb `identity` and the `identity` part of `status` answer, with the fault's sentences."""
        said: dict[str, object] = asdict(self)
        if self.fault is not None:
            said["fault"] = {**asdict(self.fault), **sentences(self.fault.code, self.fault.detail)}
        return said
