"""What a technician looks at: the items of `checklist.toml`, for the site and for each kind of device."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import Field

from device_profiles.load import read_toml
from device_profiles.schema import Key, Protocol, Strict

FILE: Final = "checklist.toml"


class Item(Strict):
    """One thing to look at."""

    item: Key = Field(description="Name in the record.")
    vi: str = Field(min_length=1, max_length=300, description="What is asked, Vietnamese.")
    en: str = Field(min_length=1, max_length=300, description="What is asked, English.")
    protocols: tuple[Protocol, ...] = Field((), description="Only for devices that speak one of these; default all.")


class Checklist(Strict):
    """Everything that is asked."""

    site: tuple[Item, ...] = Field(description="Once per visit.")
    device: tuple[Item, ...] = Field(description="For each device.")


@cache
def checklist() -> Checklist:
    """The packaged list."""
    return read_toml(Path(str(files("edge_agent.page").joinpath(FILE))), Checklist)


def items_for(protocol: str) -> Sequence[Item]:
    """What is asked about a device that speaks this."""
    return [each for each in checklist().device if not each.protocols or protocol in each.protocols]
