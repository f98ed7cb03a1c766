"""Puts the desk together around a centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cloud.api.views import DeviceView, SiteView, ThresholdView
from cloud.api.which import EVERY, Which
from cloud.citizen.board import Board, Known, board_of, is_river
from cloud.citizen.config import CitizenConfig
from cloud.citizen.desk import Around, CitizenDesk, Stores
from cloud.disaster.office import DisasterOffice
from cloud.incidents.regulation import Regulation
from cloud.store.citizen_port import SurveyCount
from cloud.store.disaster_port import BulletinRow
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile, Text


class Sources(Protocol):
    """What of a centre the public board shows."""

    @property
    def clock(self) -> Clock:
        """The house's clock."""

    @property
    def disaster(self) -> DisasterOffice:
        """Official bulletins."""

    @property
    def regulation(self) -> Regulation:
        """Deadlines of incidents."""

    @property
    def profiles(self) -> Mapping[str, DeviceProfile]:
        """The catalogue of device models."""

    def area_names(self) -> Mapping[str, Text]:
        """Communes."""

    def sites(self) -> Sequence[SiteView]:
        """Every site."""

    def devices(self, wanted: Which = EVERY) -> Sequence[DeviceView]:
        """The devices that are asked for, with their newest values."""

    def thresholds(self, gateway: str, device: str, point: str) -> Sequence[ThresholdView]:
        """The levels of the rules on a point."""


def citizen_desk(centre: Sources, stores: Stores, config: CitizenConfig) -> CitizenDesk:
    """The desk of this centre; the whole province is public, whoever asks."""
    rivers = {
        key for key, each in centre.profiles.items() if is_river(each.sector, [point.key for point in each.points])
    }

    def board(bulletins: Sequence[BulletinRow], answers: Sequence[SurveyCount]) -> Board:
        return board_of(
            Known(
                centre.clock.now_ms(),
                centre.devices(),
                centre.sites(),
                centre.thresholds,
                rivers,
                bulletins,
                answers,
                config.hidden_sites,
            )
        )

    def sites() -> Sequence[str]:
        return [each.id for each in centre.sites() if each.id not in config.hidden_sites]

    around = Around(centre.disaster.bulletins, board, centre.area_names, sites, lambda: centre.regulation)
    return CitizenDesk(stores, around, config, centre.clock)
