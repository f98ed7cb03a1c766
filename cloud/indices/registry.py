"""The kinds of indices that there are: the only list of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cloud.indices.air import AirIndex
from cloud.indices.camera import CameraIndex
from cloud.indices.cold import ColdChainIndex
from cloud.indices.comfort import ComfortIndex
from cloud.indices.lamps import LampIndex
from cloud.indices.power import PowerIndex
from cloud.indices.rain import RainIndex
from cloud.indices.risk import RainRiskIndex
from cloud.indices.river import RiverIndex
from cloud.indices.service import QueueIndex, SatisfactionIndex
from cloud.indices.supply import WaterLossIndex
from cloud.indices.table import IndexTable
from cloud.indices.water import WaterClassIndex
from device_profiles.schema import Strict

KINDS: tuple[type[IndexTable], ...] = (
    AirIndex,
    RainIndex,
    RainRiskIndex,
    RiverIndex,
    WaterClassIndex,
    ComfortIndex,
    ColdChainIndex,
    PowerIndex,
    LampIndex,
    WaterLossIndex,
    QueueIndex,
    SatisfactionIndex,
    CameraIndex,
)

Index = Annotated[
    AirIndex
    | RainIndex
    | RainRiskIndex
    | RiverIndex
    | WaterClassIndex
    | ComfortIndex
    | ColdChainIndex
    | PowerIndex
    | LampIndex
    | WaterLossIndex
    | QueueIndex
    | SatisfactionIndex
    | CameraIndex,
    Field(discriminator="kind"),
]


class IndexFile(Strict):
    """What stands in one file."""

    index: Index = Field(description="The index.")
