"""What a pushed body holds, and whether it can be taken: as a whole or not at all. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Sample
from edge_agent.json_document import DocumentError, Json, device_time, known_points, parse, samples

LONGEST_ID = 128
MOST_DOCUMENTS = 1000
OBSERVED_AT = "observed_at"
UNPROCESSABLE = 422


class RefusalError(DocumentError):
    """The request is not taken; the sentence says why, the status for whom."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Pushed:
    """One document; `id` is empty when the device gives none."""

    id: str
    samples: Sequence[Sample]


def read_documents(device: str, profile: DeviceProfile, body: bytes) -> list[Pushed]:
    """Every document of a body; RefusalError when one of them cannot be taken."""
    try:
        content = parse(body)
    except DocumentError as error:
        raise _unfit(f"The body {error}.") from error
    items: Sequence[Json] = content if isinstance(content, list) else [content]
    if not 0 < len(items) <= MOST_DOCUMENTS:
        raise _unfit(f"Send 1 to {MOST_DOCUMENTS} documents at once, not {len(items)}.")
    return [
        _pushed(device, profile, item, which=f"Document {place} of {len(items)}")
        for place, item in enumerate(items, start=1)
    ]


def unrepeated(documents: Sequence[Pushed], taken: Collection[str]) -> list[Pushed]:
    """Those that were not taken before, each id once; documents without an id are always new."""
    seen = set[str]()
    new: list[Pushed] = []
    for document in documents:
        if document.id and (document.id in seen or document.id in taken):
            continue
        seen.add(document.id)
        new.append(document)
    return new


def _pushed(device: str, profile: DeviceProfile, document: Json, *, which: str) -> Pushed:
    if not isinstance(document, dict):
        raise _unfit(f"{which} is not a JSON object.")
    identity = document.get("id", "")
    if not isinstance(identity, str | int) or len(str(identity)) > LONGEST_ID:
        raise _unfit(f"{which}: id is a text of at most {LONGEST_ID} letters.")
    try:
        observed_at = device_time(document, OBSERVED_AT)
    except DocumentError as error:
        raise _unfit(f"{which}: {error}.") from error
    told = known_points(profile, document)
    if not told:
        names = ", ".join(point.key for point in profile.points)
        raise _unfit(f"{which} holds none of the points of a {profile.profile}: {names}.")
    found = samples(device, profile, document, observed_at=observed_at)
    return Pushed(str(identity), [sample for sample in found if sample.point in told])


def _unfit(sentence: str) -> RefusalError:
    return RefusalError(UNPROCESSABLE, sentence)
