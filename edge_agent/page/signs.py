"""What the technician looks at first: power, clock, signal, link, disk, certificate ... each with a word; pure.

A sign has a state and a case; `translations/` holds, per case, a sentence (`sign_<key>.<case>`) and, where somebody can
do something, the next step (`next_<key>.<case>`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from edge_agent.page.present import SET_AFTER_MS

State = Literal["good", "watch", "wrong", "none"]
Document = Mapping[str, object]

UPS: Final = "cabinet_ups_router"  # the profile whose points say how power and signal are
WEAK_DBM, LOST_DBM = -100.0, -110.0
LITTLE_DISK, NO_DISK = 1_000_000_000, 200_000_000
FEW_HOURS, NO_HOURS = 24.0, 2.0
FEW_DAYS = 20.0  # of a certificate: it renews itself at half of its life, so something keeps it from doing so
LINK_FAULTS: Final = frozenset(
    {"dns", "tls_name", "certificate", "not_tls", "not_mqtt", "unreachable", "timeout", "unauthorised", "refused"}
    | {"own_certificate_expired", "own_certificate_revoked", "own_certificate_refused", "taken_over"}
)
# state of the identity -> how grave; that nobody has joined yet is what the link says
_CERTIFICATES: Final[Mapping[str, State]] = {
    "none": "none", "queued": "watch", "refused": "wrong", "expired": "wrong", "revoked": "wrong", "damaged": "wrong",
}  # fmt: skip
_ORDER: Final[Mapping[State, int]] = {"wrong": 0, "watch": 1, "none": 2, "good": 2}


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing to look at. `facts` fill the sentence."""

    key: str
    state: State
    case: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page found out: the agent's own answers (None = no agent answers), and what needs no agent."""

    status: Document | None
    ups: Document  # point -> value of the cabinet's UPS, as far as one is configured
    free_bytes: int
    now: int  # the box's own clock


def signs_of(seen: Seen) -> Sequence[Sign]:
    """Every sign, in the order of the screen."""
    status = seen.status
    if status is None:
        return (Sign("agent", "wrong", "away"), _clock({}, seen.now), _disk(seen.free_bytes))
    return (
        _link(status),
        _devices(status),
        _power(seen.ups),
        _signal(seen.ups, status),
        _clock(status, seen.now),
        _certificate(part(status, "identity")),
        _configuration(part(status, "configuration")),
        _hours(status),
        _disk(seen.free_bytes),
    )


def worst_of(signs: Sequence[Sign]) -> Sequence[Sign]:
    """What is wrong, the gravest first."""
    return sorted((sign for sign in signs if sign.state in ("wrong", "watch")), key=lambda sign: _ORDER[sign.state])


def part(document: Document, key: str) -> Document:
    """A part of an answer; empty when it has none."""
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def items(document: Document, key: str) -> list[Document]:
    """A list of documents in an answer."""
    found = document.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


def number_in(document: Document, key: str) -> float | None:
    """A number of an answer, when it is one."""
    found = document.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def text_in(document: Document, key: str) -> str:
    """A text of an answer."""
    found = document.get(key)
    return found if isinstance(found, str) else ""


def _link(status: Document) -> Sign:
    link = part(status, "link")
    facts = {"since": number_in(link, "since") or 0, "broker": text_in(link, "broker")}
    if link.get("up"):
        return Sign("link", "good", "up", facts)
    fault = text_in(link, "fault")
    state = text_in(part(status, "identity"), "state")
    if not link or fault in ("", "none", "no_broker"):
        return Sign("link", "watch", "trying" if state == "member" else "not_joined", facts)
    return Sign("link", "wrong", fault if fault in LINK_FAULTS else "lost", facts)


def _devices(status: Document) -> Sign:
    devices = items(status, "devices")
    if not devices:
        return Sign("devices", "watch", "none_yet")
    silent = [text_in(each, "id") for each in devices if text_in(each, "fault")]
    waiting = [each for each in devices if not text_in(each, "fault") and not number_in(each, "read_at")]
    facts = {"count": len(devices), "silent": ", ".join(silent), "answering": len(devices) - len(silent)}
    if silent:
        return Sign("devices", "wrong", "silent", facts)
    return Sign("devices", "good", "waiting" if waiting else "answering", facts)


def _power(ups: Document) -> Sign:
    mains = ups.get("mains")
    if mains is None:
        return Sign("power", "none", "unknown")
    facts = {"percent": number_in(ups, "battery_pct") or 0, "minutes": number_in(ups, "battery_min") or 0}
    return Sign("power", "good", "mains", facts) if mains else Sign("power", "watch", "battery", facts)


def _signal(ups: Document, status: Document) -> Sign:
    dbm = number_in(ups, "signal_dbm")
    dbm = number_in(part(status, "link"), "signal") if dbm is None else dbm
    if dbm is None:
        return Sign("signal", "none", "unknown")
    facts = {"dbm": int(dbm)}
    if dbm < LOST_DBM:
        return Sign("signal", "wrong", "lost", facts)
    return Sign("signal", "watch", "weak", facts) if dbm < WEAK_DBM else Sign("signal", "good", "good", facts)


def _clock(status: Document, now: int) -> Sign:
    if now < SET_AFTER_MS:
        return Sign("clock", "wrong", "not_set")
    doubtful = text_in(status, "clock") == "doubtful" or text_in(part(status, "clock"), "state") == "doubtful"
    return Sign("clock", "watch" if doubtful else "good", "doubtful" if doubtful else "good", {"now": now})


def _certificate(identity: Document) -> Sign:
    state, days = text_in(identity, "state") or "none", number_in(identity, "days_left")
    facts = {"days": int(days or 0), "gateway": text_in(identity, "gateway")}
    if state == "member":
        few = days is not None and days < FEW_DAYS
        return Sign("certificate", "watch" if few else "good", "few_days" if few else "good", facts)
    return Sign("certificate", _CERTIFICATES.get(state, "wrong"), state if state in _CERTIFICATES else "damaged", facts)


def _configuration(configuration: Document) -> Sign:
    state, version = text_in(configuration, "state"), int(number_in(configuration, "version") or 0)
    facts = {"version": version, "reason": text_in(configuration, "reason")}
    if text_in(configuration, "fault") or items(configuration, "faults"):
        return Sign("configuration", "wrong", "faulty", facts)
    if state == "trial":
        return Sign("configuration", "watch", "trial", facts)
    if state == "rolled_back":
        return Sign("configuration", "watch", "rolled_back", facts)
    return Sign("configuration", "good", "numbered" if version else "file", facts)


def _hours(status: Document) -> Sign:
    left = number_in(status, "hours_left")
    waiting = part(status, "backlog")
    facts = {"hours": int(left or 0), "readings": int(number_in(waiting, "readings") or 0)}
    if left is None:
        return Sign("hours", "good", "plenty", facts)
    if left < NO_HOURS:
        return Sign("hours", "wrong", "none_left", facts)
    return Sign("hours", "watch" if left < FEW_HOURS else "good", "few" if left < FEW_HOURS else "enough", facts)


def _disk(free: int) -> Sign:
    facts = {"free": free}
    if free < NO_DISK:
        return Sign("disk", "wrong", "full", facts)
    return Sign("disk", "watch" if free < LITTLE_DISK else "good", "little" if free < LITTLE_DISK else "good", facts)
