"""One line of a system log: header, text and fields, in whatever dialect it comes; pure, and never fails.

```
 <34>1 2024-09-08T10:15:00+07:00 fw-01 sshd 212 - [origin ip="10.0.0.1"] text     RFC 5424
 <34>Sep  8 10:15:00 fw-01 sshd[212]: text                                        RFC 3164, and what calls itself so
 <34>2024-09-08T10:15:00+07:00 fw-01 sshd[212]: text                              rsyslog between its own
 <34>... CEF:0|vendor|product|version|signature|name|severity|src=10.0.0.1 ...    ArcSight CEF, behind any header
 <34>date=2024-09-08 time=10:15:00 type="event" action="login"                    key=value, without any header
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

PRIORITY = re.compile(r"<(\d{1,3})>")
LAST_PRIORITY = 191  # facility 23, severity 7
MODERN = re.compile(r"1 (\S{1,64}) (\S{1,255}) (\S{1,64}) (\S{1,128}) (\S{1,64}) ")
BSD_TIME = re.compile(r"[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d ")
ISO_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16}) ")
HOST = re.compile(r"(\S{1,255}) ")
TAG = re.compile(r"([^\s:\[\]=\"|]{1,64})(?:\[[^\]\s]{0,32}\])?: ?")
ELEMENT = re.compile(r"\[([!#-<>-\\^-~]{1,64})")  # a structured element begins with its name
PARAMETER = re.compile(r" ([!#-<>-\\^-~]{1,64})=\"((?:[^\"\\\]]|\\.)*)\"")
CEF = re.compile(r"CEF:\d{1,2}\|")
CEF_WITHIN = 512  # CEF begins behind a header, not deep in a text
CEF_HEADER = ("vendor", "product", "version", "signature", "name", "severity")
CEF_WORDS = {"low": "3", "medium": "6", "high": "8", "very-high": "10"}  # CEF, severity as a word -> its highest number
CEF_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\-]{1,64})=")
PAIR = re.compile(r"(?:^|(?<=[\s,;]))([A-Za-z_][\w.-]{0,63})=(\"(?:[^\"\\]|\\.)*\"|[^\s\",;]*)")
MOST_FIELDS = 128
NIL = "-"
MARK = "\ufeff"  # RFC 5424 begins UTF-8 texts with it


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says; empty where it says nothing. `said_at` is its own time, if it names its zone."""

    raw: str
    text: str
    severity: int | None = None
    host: str = ""
    app: str = ""
    stamp: str = ""
    said_at: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the text, and where the text begins."""

    begin: int
    severity: int | None = None
    stamp: str = ""
    host: str = ""
    app: str = ""
    modern: bool = False


def parse(data: bytes) -> Line:
    """The line in these bytes, whatever they are."""
    raw = data.decode("utf-8", "replace")
    head = _head(raw)
    elements: dict[str, str] = {}
    begin = head.begin
    if head.modern:
        elements, begin = _structured(raw, begin)
    text = raw[begin:].lstrip().removeprefix(MARK)
    return Line(
        raw=raw,
        text=text,
        severity=head.severity,
        host=head.host,
        app=head.app,
        stamp=head.stamp,
        said_at=_moment(head.stamp),
        fields={**_said(text), **elements},
    )


def hostname(data: bytes) -> str:
    """The HOSTNAME of a line, empty when it has none; cheaper than the whole line."""
    return _head(data[:600].decode("utf-8", "replace")).host


def _head(raw: str) -> _Head:
    begin, severity = 0, None
    if (priority := PRIORITY.match(raw)) and int(priority[1]) <= LAST_PRIORITY:
        begin, severity = priority.end(), int(priority[1]) % 8
    if severity is not None and (modern := MODERN.match(raw, begin)):
        stamp, host, app, _, _ = (_named(word) for word in modern.groups())
        return _Head(modern.end(), severity, stamp, host, app, modern=True)
    stamp = ""
    if time := BSD_TIME.match(raw, begin) or ISO_TIME.match(raw, begin):
        stamp, begin = time[0].strip(), time.end()
    host = ""
    found = HOST.match(raw, begin) if stamp and not CEF.match(raw, begin) else None
    if found and not found[1].endswith(":"):  # else a tag: the sender leaves its own name out
        host, begin = found[1], found.end()
    app = ""
    if not CEF.match(raw, begin) and (tag := TAG.match(raw, begin)):
        app, begin = tag[1], tag.end()
    return _Head(begin, severity, stamp, host, app)


def _named(word: str) -> str:
    return "" if word == NIL else word


def _moment(stamp: str) -> int | None:
    """Milliseconds of a time that says its zone; every other time is somebody's local one."""
    try:
        moment = datetime.fromisoformat(stamp) if "T" in stamp else None
        return None if moment is None or moment.tzinfo is None else round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _structured(raw: str, begin: int) -> tuple[dict[str, str], int]:
    """The parameters of structured data, and where the text behind them begins."""
    found: dict[str, str] = {}
    if raw.startswith(NIL, begin):
        return found, begin + 1
    while element := ELEMENT.match(raw, begin):
        begin = element.end()
        while parameter := PARAMETER.match(raw, begin):
            if len(found) < MOST_FIELDS:
                found.setdefault(parameter[1], re.sub(r"\\([\"\\\]])", r"\1", parameter[2]))
            begin = parameter.end()
        if not raw.startswith("]", begin):
            break  # torn or wrong: the rest is text
        begin += 1
    return found, begin


def _said(text: str) -> dict[str, str]:
    cef = CEF.search(text, 0, CEF_WITHIN)
    return _event_format(text, cef.end()) if cef else dict(_pairs(text))


def _event_format(text: str, begin: int) -> dict[str, str]:
    """The fields of a CEF line: those of its header under their names with `cef.` before, then its extension."""
    *header, extension = [*_columns(text[begin:]), ""][: len(CEF_HEADER) + 1]
    fields = {f"cef.{name}": value for name, value in zip(CEF_HEADER, header, strict=False)}
    severity = fields.get("cef.severity", "").strip().lower()
    fields["cef.severity"] = CEF_WORDS.get(severity, severity)
    keys = list(CEF_KEY.finditer(extension))[:MOST_FIELDS]
    for place, key in enumerate(keys):
        end = keys[place + 1].start() if place + 1 < len(keys) else len(extension)
        fields.setdefault(key[1], _plain(extension[key.end() : end].strip()))
    return fields


def _columns(text: str) -> Iterator[str]:
    """The columns of a CEF header, then everything behind the last bar."""
    begin = place = 0
    for _ in CEF_HEADER:
        place = begin
        while (place := text.find("|", place)) > 0 and text[place - 1] == "\\":
            place += 1
        if place < 0:
            yield _plain(text[begin:])
            return
        yield _plain(text[begin:place])
        begin = place + 1
    yield text[begin:]


def _plain(text: str) -> str:
    return re.sub(r"\\([\\=|nr])", lambda found: " " if found[1] in "nr" else found[1], text)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for place, pair in enumerate(PAIR.finditer(text)):
        if place == MOST_FIELDS:
            return
        value = pair[2]
        yield pair[1], _unquoted(value) if value.startswith('"') else value


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if "\\" in value else value[1:-1]
