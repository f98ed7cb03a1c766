"""What a trap or an inform says: an event that happens once, and values that need not wait for the next poll; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Happening, Observation, Sample, Scalar
from edge_agent.connectors.snmp.answers import Answer
from edge_agent.connectors.snmp.plan import plan
from edge_agent.connectors.snmp.readout import value_of

TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
ANY = "trap"  # a profile that lists this event gets every notification that has no kind of its own
STANDARD = {  # RFC 3418 and RFC 2863
    "1.3.6.1.6.3.1.1.5.1": "cold_start",
    "1.3.6.1.6.3.1.1.5.2": "warm_start",
    "1.3.6.1.6.3.1.1.5.3": "link_down",
    "1.3.6.1.6.3.1.1.5.4": "link_up",
    "1.3.6.1.6.3.1.1.5.5": "authentication_failure",
}
FACTS = {  # columns of the IF-MIB that come with link_down and link_up
    "1.3.6.1.2.1.2.2.1.1": "interface",
    "1.3.6.1.2.1.2.2.1.2": "interface_name",
    "1.3.6.1.2.1.2.2.1.7": "admin_status",
    "1.3.6.1.2.1.2.2.1.8": "oper_status",
    "1.3.6.1.2.1.31.1.1.1.1": "interface_name",
}
MOST_FACTS = 16
LONGEST_FACT = 120


@dataclass(frozen=True, slots=True)
class Trap:
    """One notification that was let in; `identity` is the community's nickname or the user."""

    address: str
    identity: str
    pairs: Sequence[tuple[str, Answer]]

    @property
    def oid(self) -> str:
        """What kind of notification it is, in the agent's words."""
        return next((str(answer.value) for oid, answer in self.pairs if oid == TRAP_OID), "")

    @property
    def id(self) -> str:
        """The same for an inform that is sent again, which net-snmp does under another number: all that it says."""
        return hashlib.sha256(repr([self.address, *self.pairs]).encode()).hexdigest()[:32]


def observations(device: str, profile: DeviceProfile, rows: Mapping[str, int], trap: Trap) -> list[Observation]:
    """The event, when the profile knows its kind, and every point that the trap tells."""
    told = dict(trap.pairs)
    values: list[Observation] = []
    facts: dict[str, Scalar] = {name: _short(told[oid]) for oid in told if (name := FACTS.get(oid.rpartition(".")[0]))}
    for spot in plan(profile, rows).spots:
        if spot.oid in told and spot.source.reads == "value" and not spot.over:
            value, fault = value_of(spot.source, told[spot.oid], is_text=spot.is_text)
            values.append(Sample(device, spot.point, value, fault=fault))
            if value is not None:
                facts.setdefault(spot.point, value)
    kind = kind_of(profile, trap.oid)
    if not kind:
        return values
    if kind == ANY:
        facts["oid"] = trap.oid[:LONGEST_FACT]
    return [Happening(device, trap.id, kind, facts=dict(list(facts.items())[-MOST_FACTS:])), *values]


def kind_of(profile: DeviceProfile, oid: str) -> str:
    """The profile's name for this notification; empty when it has none."""
    for kind, named in profile.event_sources.items():
        if named == oid:
            return kind
    kind = STANDARD.get(oid, ANY)
    return kind if kind in profile.events else ANY if ANY in profile.events else ""


def _short(answer: Answer) -> Scalar:
    return answer.value[:LONGEST_FACT] if isinstance(answer.value, str) else answer.value
