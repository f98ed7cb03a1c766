"""What Mosquitto 2.0's log says: who came, who was thrown out by another, and what was refused; pure.

```
 1795365135: New connection from 10.1.2.3:51774 on port 8883.
 1795365135: New client connected from 10.1.2.3:51774 as gw-1 (p2, c1, k60, u'gw-1').
 1795365136: Denied PUBLISH from gw-1 (d0, q1, r0, m1, 'thacba/1/aa/gw-2/state', ... (2 bytes))
```
Mosquitto names neither the certificate nor the address of a handshake that it refuses after the first packet: the
address is then one of those that have connected and not said who they are. Names and topics cannot forge a line:
Mosquitto ends a connection that sends control characters in them.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from device_profiles.wire import Channel, WireError, topic_for
from device_profiles.wire.topics import DOWN, IDENTIFIER, ROOT, UP

CERTIFICATE_REFUSED: Final = "certificate_refused"  # revoked, out of date, or not of our authority
CHANNEL_UNKNOWN: Final = "channel_unknown"  # below its own topic, so probably a newer version of ours
CERTIFICATE_MISSING: Final = "certificate_missing"
IDENTITY_WRONG: Final = "identity_wrong"  # the certificate's name could not be that of a gateway
LOGIN_REFUSED: Final = "login_refused"  # wrong name or password at the centre's own listener
PLAIN_REFUSED: Final = "plain_refused"
TOPIC_FOREIGN: Final = "topic_foreign"
WILDCARD_SUBSCRIBE: Final = "wildcard_subscribe"

_OF_TLS: Final[Mapping[str, str]] = {
    "certificate verify failed": CERTIFICATE_REFUSED,
    "peer did not return a certificate": CERTIFICATE_MISSING,
    "wrong version number": PLAIN_REFUSED,
    "http request": PLAIN_REFUSED,
    "unsupported protocol": PLAIN_REFUSED,
    "no shared cipher": PLAIN_REFUSED,
}
STRANGERS: Final = 4096  # connections that are remembered until they say who they are
UNKNOWN_S: Final = 100  # Mosquitto ends a connection that has said nothing for one and a half of its 60 s
MOST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that the broker did not let happen. `client`: the name at the broker, `source`: an address, or ""."""

    kind: str
    client: str = ""
    source: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """Somebody is in: the name in the certificate, and the address."""

    client: str
    source: str


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A session was ended because another one with the same name began."""

    client: str


@dataclass(frozen=True, slots=True)
class Reloaded:
    """The broker has read its settings, its certificates and the revocation list again."""


Finding = Refused | Came | TakenOver | Reloaded
_Meaning = Callable[["LogReader", int, re.Match[str]], Iterator[Finding]]


class LogReader:
    """Takes one line after the other; remembers who has connected and not said yet who he is."""

    def __init__(self, *, fleet_port: int, own_ids: frozenset[str] = frozenset()) -> None:
        self._fleet_port = str(fleet_port)
        self._own_ids = own_ids
        self._strangers: OrderedDict[tuple[str, str], tuple[int, str]] = OrderedDict()  # address: since, our port
        self._local: OrderedDict[str, None] = OrderedDict()  # who came in by another listener
        self._tls_fault = ""
        self._last_client = ""
        self._will_follows = False

    def take(self, line: str) -> list[Finding]:
        """What the line, without its end, says that matters; most say nothing."""
        stamp, _, text = line.partition(": ")
        if not stamp.isdigit() or text.startswith(("Received ", "Sending ")):
            return []
        if self._will_follows:
            self._will_follows = False
            return list(self._will(text))
        for start, pattern, meaning in _MEANINGS:
            if text.startswith(start) and (match := pattern.fullmatch(text)):
                return list(meaning(self, int(stamp), match))
        return list(self._subscribed(text))

    def _connection(self, at: int, match: re.Match[str]) -> Iterator[Finding]:
        self._strangers[match["host"], match["from"]] = (at, match["port"])
        while self._strangers:
            (since, _) = next(iter(self._strangers.values()))
            if at - since < UNKNOWN_S and len(self._strangers) <= STRANGERS:
                break
            self._strangers.popitem(last=False)
        yield from ()

    def _client(self, _at: int, match: re.Match[str]) -> Iterator[Finding]:
        _, port = self._strangers.pop((match["host"], match["from"]), (0, ""))
        self._last_client = client = match["client"]
        self._local.pop(client, None)
        if port != self._fleet_port:
            self._last_client = ""
            self._remember_local(client)
        elif IDENTIFIER.fullmatch(client):
            yield Came(client, match["host"])
        else:
            yield Refused(IDENTITY_WRONG, client[:MOST_TEXT], match["host"], "the certificate names no gateway")

    def _remember_local(self, client: str) -> None:
        self._local[client] = None
        if len(self._local) > STRANGERS:
            self._local.popitem(last=False)

    def _is_ours(self, client: str) -> bool:
        return client in self._own_ids or client in self._local

    def _failed_at_once(self, _at: int, match: re.Match[str]) -> Iterator[Finding]:
        if kind := _OF_TLS.get(match["reason"]):
            yield Refused(kind, source=match["host"], detail=match["reason"])

    def _tls_failed(self, _at: int, match: re.Match[str]) -> Iterator[Finding]:
        self._tls_fault = match["reason"]
        yield from ()

    def _stranger_left(self, _at: int, match: re.Match[str]) -> Iterator[Finding]:
        fault, self._tls_fault = self._tls_fault, ""
        kind = LOGIN_REFUSED if match["why"] == "not authorised" else _OF_TLS.get(fault)
        if kind is not None:
            source, doubt = self._who_left(of_fleet=kind != LOGIN_REFUSED)
            yield Refused(kind, source=source, detail=f"{fault or match['why']}{doubt}")

    def _who_left(self, *, of_fleet: bool) -> tuple[str, str]:
        possible = [key for key, (_, port) in self._strangers.items() if (port == self._fleet_port) == of_fleet]
        if len(possible) == 1:
            del self._strangers[possible[0]]
        hosts = sorted({host for host, _ in possible})
        if len(hosts) == 1:
            return hosts[0], ""
        return "", f"; from one of {len(hosts)} addresses: {', '.join(hosts[:3])}"[:MOST_TEXT] if hosts else ""

    def _denied(self, _at: int, match: re.Match[str]) -> Iterator[Finding]:
        client, topic = match["client"], match["topic"]
        if self._is_ours(client):
            return
        levels = topic.split("/")
        own = topic.startswith(f"{ROOT}/") and len(levels) == 5 and levels[3] == client
        kind = CHANNEL_UNKNOWN if own else TOPIC_FOREIGN
        yield Refused(kind, client[:MOST_TEXT], detail=f"publish {topic[:MOST_TEXT]}")

    def _taken_over(self, _at: int, match: re.Match[str]) -> Iterator[Finding]:
        yield TakenOver(match["client"])

    def _reloaded(self, _at: int, _match: re.Match[str]) -> Iterator[Finding]:
        yield Reloaded()

    def _has_will(self, _at: int, _match: re.Match[str]) -> Iterator[Finding]:
        self._will_follows = bool(self._last_client)
        yield from ()

    def _will(self, text: str) -> Iterator[Finding]:
        """The topic of a will stands alone behind a tab; Mosquitto takes it, and never publishes a foreign one."""
        topic = text.removeprefix("\t")
        if text.startswith("\t") and topic not in _topics_of(self._last_client, UP):
            yield Refused(TOPIC_FOREIGN, self._last_client, detail=f"will {topic[:MOST_TEXT]}")

    def _subscribed(self, text: str) -> Iterator[Finding]:
        match = _SUBSCRIPTION.fullmatch(text)
        if match is None or self._is_ours(match["client"]):
            return
        client, wanted = match["client"], match["filter"]
        if wanted not in _topics_of(client, (*DOWN, Channel.STATE)):  # its own birth tells a gateway of a rival
            wild = "+" in wanted or "#" in wanted
            kind = WILDCARD_SUBSCRIBE if wild else TOPIC_FOREIGN
            yield Refused(kind, client[:MOST_TEXT], detail=f"subscribe {wanted[:MOST_TEXT]}")


def _topics_of(client: str, channels: tuple[Channel, ...]) -> set[str]:
    try:
        return {topic_for(client, channel) for channel in channels}
    except WireError:
        return set()


_SUBSCRIPTION: Final = re.compile(r"(?P<client>\S+) [012] (?P<filter>.+)")
_MEANINGS: Final[tuple[tuple[str, re.Pattern[str], _Meaning], ...]] = tuple(
    (start, re.compile(re.escape(start) + rest), meaning)
    for start, rest, meaning in (
        ("Denied PUBLISH from ", r"(?P<client>\S+) \(d\d, q\d, r\d, m\d+, '(?P<topic>.*)', .*", LogReader._denied),
        ("New connection from ", r"(?P<host>\S+):(?P<from>\d+) on port (?P<port>\d+)\.", LogReader._connection),
        (
            "New client connected from ",
            r"(?P<host>\S+):(?P<from>\d+) as (?P<client>.+) \(p\d+, c\d+, k\d+(?:, u'.*')?\)\.",
            LogReader._client,
        ),
        ("Will message specified ", ".*", LogReader._has_will),
        ("OpenSSL Error[0]: ", r"error:[0-9A-F]+:[^:]*:[^:]*:(?P<reason>.+)", LogReader._tls_failed),
        ("Client <unknown> ", r"(?:disconnected|closed)(?:: |, | )(?P<why>.+)\.", LogReader._stranger_left),
        (
            "Client connection from ",
            r"(?P<host>\S+) failed: error:[0-9A-F]+:[^:]*:[^:]*:(?P<reason>.+)\.",
            LogReader._failed_at_once,
        ),
        ("Client ", r"(?P<client>.+) already connected, closing old connection\.", LogReader._taken_over),
        ("Reloading config.", "", LogReader._reloaded),
    )
)
