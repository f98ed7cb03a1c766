"""From what was found or entered to a device of the configuration: its id, its model and its connection; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from device_profiles.load import Catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.discovery.finding import Finding
from edge_agent.page.door import EntryError
from edge_agent.page.signs import Document, text_in

Entries = Mapping[str, str]
KINDS: Final = {"tcp": "modbus", "rtu": "modbus", "http": "http_json", "camera": "camera"}
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_PORT: Final = re.compile(r"/dev/[A-Za-z0-9._/-]{1,120}")
_URL: Final = {"http": re.compile(r"https?://[^\s@]{1,300}"), "camera": re.compile(r"rtsps?://[^\s@]{1,300}")}


@dataclass(frozen=True, slots=True)
class Offer:
    """Something found, as the screen shows it: which model is proposed, and whether it is ticked."""

    number: int
    finding: Finding
    proposed: str
    choices: tuple[str, ...]
    ticked: bool

    @property
    def usable(self) -> bool:
        """Whether it can be read as it is."""
        return bool(self.finding.connection) and not self.finding.unfinished


def offers_of(
    findings: Sequence[Finding], *, expected: Sequence[str], configured: Sequence[Document], catalogue: Catalogue
) -> list[Offer]:
    """What may be added: things in use are left out; models that the site expects and lacks come first, ticked."""
    lacking = [each for each in expected if each not in {text_in(device, "profile") for device in configured}]
    used = {_wire_of(device.get("connection")) for device in configured}
    offers = []
    for number, finding in enumerate(findings):
        if _wire_of(finding.connection) in used:
            continue
        wanted = next((each for each in finding.profiles if each in lacking), "")
        if wanted:
            lacking.remove(wanted)
        choices = tuple(dict.fromkeys((*finding.profiles, *_same_protocol(finding, catalogue))))
        proposed = wanted or (finding.profiles[0] if finding.profiles else "")
        usable = bool(finding.connection) and not finding.unfinished
        offers.append(Offer(number, finding, proposed, choices, ticked=usable and bool(wanted)))
    return sorted(offers, key=lambda offer: (not offer.ticked, not offer.usable, offer.number))


def device_of(connection: Mapping[str, object], profile: DeviceProfile, *, taken: Iterable[str]) -> dict[str, object]:
    """The table of one device, as in gateway.toml."""
    return {
        "id": free_id(profile.profile.replace("_", "-"), taken),
        "profile": profile.profile,
        "name": {"vi": profile.name.vi, "en": profile.name.en},
        "connection": dict(connection),
    }


def free_id(wish: str, taken: Iterable[str]) -> str:
    """The wish, or the wish with the first free number behind it."""
    used = set(taken)
    return next(name for name in (wish, *(f"{wish}-{n}" for n in range(2, len(used) + 3))) if name not in used)


def connection_entered(kind: str, entries: Entries, profile: DeviceProfile) -> dict[str, object]:
    """The connection that a technician typed; EntryError says which field is wrong."""
    if KINDS.get(kind) not in (profile.protocol, "http_json" if profile.protocol == "kiosk" else ""):
        raise EntryError("devices.connection_wrong")
    if kind == "tcp":
        host = entries.get("host", "")
        if not _HOST.fullmatch(host):
            raise EntryError("devices.address_missing")
        where: dict[str, object] = {"transport": "tcp", "host": host, "port": _number(entries, "port", 1, 65535)}
        return {"kind": "modbus", **where, "unit": _number(entries, "unit", 0, 255)}
    if kind == "rtu":
        port = entries.get("serial_port", "")
        if not _PORT.fullmatch(port):
            raise EntryError("devices.address_missing")
        line = {"baud_rate": _number(entries, "baud_rate", 300, 1_000_000), "parity": entries.get("parity") or "none"}
        where = {"transport": "rtu", "serial_port": port, **line}
        return {"kind": "modbus", **where, "unit": _number(entries, "unit", 1, 247)}
    url = entries.get("url", "")
    if not _URL[kind].fullmatch(url):
        raise EntryError("devices.address_missing")
    return {"kind": profile.protocol, "url": url}


def with_secret(device: dict[str, object], entries: Entries) -> tuple[dict[str, object], dict[str, str]]:
    """The device with its log-in, and the secret that goes with it under a name of its own."""
    connection, secret = device["connection"], entries.get("secret", "")
    if not isinstance(connection, dict) or connection.get("kind") == "modbus":
        return device, {}
    if connection["kind"] == "camera" and entries.get("username"):
        connection = {**connection, "username": entries["username"]}
    if not secret:
        return {**device, "connection": connection}, {}
    name = f"{device['id']}-secret"
    field = "password_file" if connection["kind"] == "camera" else "key_file"
    return {**device, "connection": {**connection, field: f"sealed:{name}"}}, {name: secret}


def entries_of(finding: Finding) -> dict[str, str]:
    """What is known of something found, as the form by hand takes it."""
    said = {key: str(value) for key, value in finding.connection.items()}
    kinds = {"camera": "camera", "http_json": "http", "kiosk": "http"}
    kind = kinds.get(said.get("kind", ""), "rtu" if said.get("serial_port") else "tcp")
    return {**said, "kind": kind, "profile": finding.profiles[0] if finding.profiles else ""}


def address_of(connection: Document) -> str:
    """Where a device answers, as people read it."""
    if text_in(connection, "url"):
        return text_in(connection, "url")
    if text_in(connection, "serial_port"):
        return f"{text_in(connection, 'serial_port')} · {connection.get('unit', 1)}"
    if text_in(connection, "host"):
        return f"{text_in(connection, 'host')}:{connection.get('port', 502)} · {connection.get('unit', 1)}"
    return text_in(connection, "kind")


def _number(entries: Entries, field: str, low: int, high: int) -> int:
    text = entries.get(field, "")
    if not text.isdecimal() or not low <= int(text) <= high:
        raise EntryError("devices.number_wrong", field=field, low=low, high=high)
    return int(text)


def _same_protocol(finding: Finding, catalogue: Catalogue) -> list[str]:
    kind = str(finding.connection.get("kind", ""))
    protocol = "http_json" if kind == "http_push" else kind
    return sorted(name for name, profile in catalogue.profiles.items() if profile.protocol == protocol)


def _wire_of(connection: object) -> tuple[str, ...]:
    """What makes a connection the same one."""
    if not isinstance(connection, Mapping) or not connection:
        return ("",)
    unit = str(connection.get("unit", 1)) if connection.get("kind") == "modbus" else ""
    port = str(connection.get("port", 502)) if connection.get("host") else ""
    where = (connection.get(key, "") for key in ("host", "serial_port", "url"))
    return (str(connection.get("kind")), *(str(each) for each in where), port, unit)
