"""The rules of CAP-v1.2.xsd (OASIS, 1 July 2010) and of its text that a message must keep, as checks."""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as ET

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MANY = {"code", "info", "category", "responseType", "eventCode", "parameter", "resource", "area", "polygon", "circle",
        "geocode"}  # fmt: skip
ORDER = {
    "alert": ["identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses",
              "code", "note", "references", "incidents", "info"],
    "info": ["language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience",
             "eventCode", "effective", "onset", "expires", "senderName", "headline", "description", "instruction",
             "web", "contact", "parameter", "resource", "area"],
    "area": ["areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"],
    "parameter": ["valueName", "value"],
    "geocode": ["valueName", "value"],
}  # fmt: skip
REQUIRED = {
    "alert": {"identifier", "sender", "sent", "status", "msgType", "scope"},
    "info": {"category", "event", "urgency", "severity", "certainty"},
    "area": {"areaDesc"},
    "parameter": {"valueName", "value"},
    "geocode": {"valueName", "value"},
}
WORDS = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra",
                 "CBRNE", "Other"},
    "responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}  # fmt: skip
TIMES = {"sent", "effective", "onset", "expires"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")  # never a Z
NAME = re.compile(r"[^\s,<&]+")
REFERENCE = re.compile(r"[^\s,<&]+,[^\s,<&]+," + TIME.pattern)
POINT = re.compile(r"-?\d+(\.\d+)?,-?\d+(\.\d+)?")


def checked(document: bytes) -> ET.Element:
    """The alert, when it keeps every rule."""
    alert = ET.fromstring(document)  # noqa: S314 -- our own message
    assert alert.tag == f"{{{NAMESPACE}}}alert"
    _check(alert)
    sender, identifier = text(alert, "sender"), text(alert, "identifier")
    assert NAME.fullmatch(sender)
    assert NAME.fullmatch(identifier)
    references = text(alert, "references").split()
    assert all(REFERENCE.fullmatch(reference) for reference in references)
    assert (text(alert, "msgType") == "Alert") == (not references), "Update and Cancel name what they replace"
    assert (text(alert, "scope") == "Restricted") == bool(text(alert, "restriction"))
    assert text(alert, "scope") != "Private" or text(alert, "addresses")
    languages = [text(info, "language") for info in alert.iter(f"{{{NAMESPACE}}}info")]
    assert len(set(languages)) == len(languages)
    return alert


def text(parent: ET.Element, path: str) -> str:
    """The text of an element inside; empty when there is none."""
    return parent.findtext("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")), "")


def _check(element: ET.Element) -> None:
    name = element.tag.rpartition("}")[2]
    assert element.tag == f"{{{NAMESPACE}}}{name}"
    if name not in ORDER:
        return _check_text(name, element.text or "")
    names = [child.tag.rpartition("}")[2] for child in element]
    assert [ORDER[name].index(child) for child in names] == sorted(ORDER[name].index(child) for child in names), name
    assert REQUIRED[name] <= set(names), name
    assert all(names.count(child) == 1 or child in MANY for child in names), name
    for child in element:
        _check(child)
    return None


def _check_text(name: str, value: str) -> None:
    assert value, f"{name} is empty"
    assert name not in WORDS or value in WORDS[name], f"{name}: {value}"
    if name in TIMES:
        assert TIME.fullmatch(value), value
        datetime.fromisoformat(value)
    if name == "polygon":
        points = value.split(" ")
        assert len(points) >= 4
        assert points[0] == points[-1]
        assert all(POINT.fullmatch(point) for point in points)
    if name == "circle":
        centre, radius = value.split(" ")
        assert POINT.fullmatch(centre)
        assert float(radius) >= 0
