"""The kiosk connector: reads state and ratings, and carries out what the centre asks for.

```
 GET  /status                 state, as the profile's paths say
 GET  /ratings?after=<id>     {"items": [{"id", "score" 1..5, "counter", "reason", "at"}, ...]}  oldest first
 POST /commands/reboot        {}
 POST /commands/message       {"text", "seconds"}
```
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import CommandError, Happening, LinkError, Observation, Sample, Scalar
from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.http_exchange import Answer, HttpExchange, HttpTerms
from edge_agent.json_document import DocumentError, Json, MissingError, device_time, samples, value_at

RATING = "rating"
SCORES = range(1, 6)
LONGEST_TEXT = 200  # what fits on the screen in two sizes of letters
LONGEST_ID = 64
REMEMBERED = 1000  # ids of ratings, so that one that is read twice counts once
DONE = frozenset({200, 202, 204})

log = logging.getLogger(__name__)


class Kiosk:
    """One kiosk: a poller and a writer."""

    def __init__(self, device: str, connection: KioskConnection, profile: DeviceProfile) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._seen: dict[str, None] = {}
        self._last = ""
        terms = HttpTerms(
            timeout_s=connection.timeout_s,
            max_bytes=connection.max_bytes,
            key=connection.key,
            ca_file=connection.ca_file,
        )
        self._exchange = HttpExchange(terms)

    async def poll(self) -> Sequence[Observation]:
        """Every point once, and each rating that was not read before; LinkError when the kiosk does not answer."""
        document = (await self._exchange.get(f"{self._connection.url}/status")).document()
        state = state_of(self._device, self._profile, document)
        ratings = await self._ratings() if RATING in self._profile.events else []
        return [*state, *ratings]

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """Carries out `reboot` or `show_message`; CommandError when it cannot be, LinkError when nobody answers."""
        if verb == "reboot":
            await self._order("reboot", {})
            return "the kiosk restarts"
        if verb == "show_message":
            text = _text(arguments.get("text"))
            await self._order("message", {"text": text, "seconds": self._connection.message_s})
            return f"shown for {self._connection.message_s:g} s"
        raise CommandError(f"a kiosk does not know the command {verb}")

    async def close(self) -> None:
        """Lets go of the connection."""
        await self._exchange.close()

    async def _ratings(self) -> list[Happening]:
        """What the tablet has collected since the last poll: asking on from an id says that all before it is safe."""
        after = {"after": self._last} if self._last else {}
        document = (await self._exchange.get(f"{self._connection.url}/ratings", after)).document()
        try:
            items = value_at(document, "items")
        except MissingError as error:
            raise LinkError("device", "the list of ratings has no items") from error
        return [found for item in (items if isinstance(items, list) else []) if (found := self._once(item))]

    def _once(self, item: Json) -> Happening | None:
        """The rating if it is new; what makes no sense is logged, once."""
        name = str(item.get("id") if isinstance(item, dict) else item)[:LONGEST_ID]
        if name in self._seen:
            return None
        self._seen[name] = None
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        try:
            rating = _rating(self._device, item)
        except DocumentError as error:
            log.warning("rating refused", extra={"device": self._device, "rating": name, "error": str(error)})
            return None
        self._last = rating.id
        return rating

    async def _order(self, name: str, content: Mapping[str, Json]) -> None:
        answer = await self._exchange.post(f"{self._connection.url}/commands/{name}", content)
        if answer.status in DONE:
            return
        if 400 <= answer.status < 500:
            raise CommandError(f"the kiosk refuses: HTTP {answer.status} {_reason(answer)}".rstrip())
        raise LinkError("device", f"the kiosk answers HTTP {answer.status}")


def state_of(device: str, profile: DeviceProfile, document: Json) -> list[Sample]:
    """The samples in a status document; LinkError when its own time is none."""
    return samples(device, profile, document, observed_at=_time(document, "observed_at"))


def build_kiosk(device: str, connection: KioskConnection, profile: DeviceProfile) -> Kiosk:
    """The poller and writer of this kiosk."""
    return Kiosk(device, connection, profile)


def _rating(device: str, item: Json) -> Happening:
    """One pressed button; DocumentError when it is none."""
    rating = item if isinstance(item, dict) else {}
    identity, score = rating.get("id"), rating.get("score")
    if not isinstance(identity, str | int) or not 0 < len(str(identity)) <= LONGEST_ID:
        raise DocumentError("has no id")
    if not isinstance(score, int) or isinstance(score, bool) or score not in SCORES:
        raise DocumentError("has no score from 1 to 5")
    facts: dict[str, Scalar] = {"score": score}
    facts |= {key: str(rating[key])[:LONGEST_ID] for key in ("counter", "reason") if rating.get(key) is not None}
    return Happening(device, str(identity), RATING, device_time(rating, "at"), facts)


def _text(raw: Scalar | None) -> str:
    """The message in one spelling of Vietnamese letters; CommandError when a screen could not show it."""
    if not isinstance(raw, str):
        raise CommandError("show_message needs a text")
    text = unicodedata.normalize("NFC", raw).strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise CommandError(f"the text has {len(text)} letters; 1 to {LONGEST_TEXT} fit on the screen")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") for letter in text.replace("\n", " ")):
        raise CommandError("the text holds control characters")
    return text


def _time(document: Json, path: str) -> int | None:
    try:
        return device_time(document, path)
    except DocumentError as error:
        raise LinkError("device", f"the kiosk's {error}") from error


def _reason(answer: Answer) -> str:
    return answer.body[:200].decode("utf-8", errors="replace")
