"""What ONVIF answers say: clock, services, media profiles, stream address, presets, subscription, messages; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from edge_agent.connector import LinkError
from edge_agent.onvif.soap import Element, all_of, local, text_of

MEDIA, MEDIA2 = "http://www.onvif.org/ver10/media/wsdl", "http://www.onvif.org/ver20/media/wsdl"
EVENTS, PTZ = "http://www.onvif.org/ver10/events/wsdl", "http://www.onvif.org/ver20/ptz/wsdl"
CAPABILITIES = {"Media": MEDIA, "Events": EVENTS, "PTZ": PTZ}  # names of GetCapabilities -> namespaces of GetServices
MOST_PROFILES, MOST_PRESETS, MOST_MESSAGES, MOST_ITEMS = 32, 300, 256, 32
LONGEST_WORD = 128


@dataclass(frozen=True, slots=True)
class MediaProfile:
    """One way in which the camera can be watched."""

    token: str
    name: str
    encoding: str = ""
    width: int = 0
    height: int = 0
    frames_per_s: float = 0.0
    can_move: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A place that the camera can look at."""

    token: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """What the camera says about itself or about what it sees; `utc_ms` is by its own clock."""

    topic: str  # without the prefixes of namespaces
    source: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    utc_ms: int | None = None
    operation: str = ""  # Initialized, Changed, Deleted; empty for what merely happens


def clock_ms(answer: Element) -> int | None:
    """The camera's UTC time; None when it tells none that makes sense."""
    found = next(all_of(answer, "UTCDateTime"), None)
    if found is None:
        return None
    names = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"), ("Time", "Hour"), ("Time", "Minute"))
    try:
        parts = [int(text_of(found, *name)) for name in (*names, ("Time", "Second"))]
        year, month, day, hour, minute, second = parts
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def services(answer: Element) -> dict[str, str]:
    """Namespace -> address, from GetServices or GetCapabilities."""
    found = {text_of(one, "Namespace"): text_of(one, "XAddr") for one in all_of(answer, "Service")}
    for name, namespace in CAPABILITIES.items():
        one = next(all_of(answer, name), None)
        if one is not None and text_of(one, "XAddr"):
            found.setdefault(namespace, text_of(one, "XAddr"))
    return {namespace: address for namespace, address in found.items() if namespace and address}


def media_profiles(answer: Element) -> list[MediaProfile]:
    """The profiles, in the camera's order."""
    return [_profile(one) for one in all_of(answer, "Profiles") if one.get("token")][:MOST_PROFILES]


def chosen(profiles: Sequence[MediaProfile], wanted: str, *, least_width: int) -> MediaProfile:
    """The one of this token or name; else the smallest that is wide enough; LinkError when there is none."""
    if wanted:
        found = [one for one in profiles if wanted in (one.token, one.name)]
        if not found:
            known = ", ".join(one.name or one.token for one in profiles)[:200]
            raise LinkError("missing", f"the camera has no media profile {wanted}: {known}")
        return found[0]
    if not profiles:
        raise LinkError("missing", "the camera has no media profile")
    wide = [one for one in profiles if one.width >= least_width]
    return min(wide or profiles, key=lambda one: one.width * one.height)


def stream_address(answer: Element, host: str) -> str:
    """The stream's address, on the host that was configured: a login must go nowhere else, and NAT lies."""
    uri = next((text for one in all_of(answer, "Uri") if (text := (one.text or "").strip())), "")
    try:
        parts = urlsplit(uri)
        port = parts.port or 554
    except ValueError as error:
        raise LinkError("device", f"the stream's address makes no sense: {uri[:100]!r}") from error
    if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname or re.search(r"['\"\\\x00-\x20\x7f-\uffff]", uri):
        raise LinkError("device", f"the stream's address makes no sense: {uri[:100]!r}")
    return urlunsplit((parts.scheme, f"{_bracketed(host)}:{port}", parts.path, parts.query, ""))


def own_address(address: str, base: str) -> str:
    """A service's address on the host that was configured; its own port only when it names that host itself."""
    try:
        named, known = urlsplit(address), urlsplit(base)
        same = named.hostname == known.hostname
        netloc = named.netloc.rpartition("@")[2] if same else known.netloc
        _ = named.port  # ValueError when it is none
    except ValueError:
        return base
    if named.scheme not in ("http", "https"):
        return base
    return urlunsplit((known.scheme, netloc, named.path or known.path, named.query, ""))


def presets(answer: Element) -> list[Preset]:
    """The presets, in the camera's order."""
    found = [Preset(one.get("token", ""), _word(text_of(one, "Name"))) for one in all_of(answer, "Preset")]
    return [one for one in found if one.token][:MOST_PRESETS]


def subscription(answer: Element) -> str:
    """The address of the pull point."""
    reference = next(all_of(answer, "SubscriptionReference"), None)
    address = text_of(reference, "Address") if reference is not None else ""
    if not address:
        raise LinkError("device", "the camera gives no address for its events")
    return address


def messages(answer: Element) -> list[Message]:
    """What was said, in order; one notification may carry several messages."""
    found: list[Message] = []
    for notification in all_of(answer, "NotificationMessage"):
        topic = plain_topic(text_of(notification, "Topic"))
        holders = [one for one in all_of(notification, "Message") if one.get("UtcTime") or _has_items(one)]
        found += [_message(topic, one) for one in holders]
    return found[:MOST_MESSAGES]


def plain_topic(topic: str) -> str:
    """A topic without the prefixes of its namespaces, which every camera chooses for itself."""
    return "/".join(part.rpartition(":")[2] for part in _word(topic).strip("/").split("/"))


def as_bool(text: str) -> bool | None:
    """What a camera means by true, 1, active; None when it means something else."""
    known = {"true": True, "1": True, "active": True, "on": True, "false": False, "0": False, "inactive": False}
    return known.get(text.strip().lower())


def _profile(one: Element) -> MediaProfile:
    encoder = next((item for item in one.iter() if local(item) in ("VideoEncoderConfiguration", "VideoEncoder")), None)
    moves = any(local(item) in ("PTZConfiguration", "PTZ") for item in one.iter())
    token, name = _word(one.get("token", "")), _word(text_of(one, "Name"))
    if encoder is None:
        return MediaProfile(token, name, can_move=moves)
    return MediaProfile(
        token,
        name,
        _word(text_of(encoder, "Encoding")),
        int(_number(text_of(encoder, "Resolution", "Width"))),
        int(_number(text_of(encoder, "Resolution", "Height"))),
        _number(text_of(encoder, "RateControl", "FrameRateLimit")),
        moves,
    )


def _message(topic: str, one: Element) -> Message:
    parts = {name: next((part for part in one if local(part) == name), None) for name in ("Source", "Data")}
    items = {name: _items(part) if part is not None else {} for name, part in parts.items()}
    at_ms = _moment(one.get("UtcTime", ""))
    return Message(topic, items["Source"], items["Data"], at_ms, one.get("PropertyOperation", ""))


def _has_items(one: Element) -> bool:
    return any(local(part) in ("Source", "Data") for part in one)


def _items(part: Element) -> dict[str, str]:
    found = [one for one in part if local(one) == "SimpleItem"][:MOST_ITEMS]
    return {_word(one.get("Name", "")): _word(one.get("Value", "")) for one in found}


def _moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 100_000 else 0.0


def _word(text: str) -> str:
    return "".join(letter for letter in text.strip() if letter.isprintable())[:LONGEST_WORD]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
