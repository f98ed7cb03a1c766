"""Everything that stands in files, read and checked as a whole before anything is connected."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.config import CentreConfig, load_config
from cloud.disaster.office import read_plan
from cloud.disaster.plan import DisasterPlan
from cloud.errors import ConfigurationError
from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.regulation import Regulation
from cloud.index_files import load_indices
from cloud.indices.spec import Indices
from cloud.inventory.load import load_inventory
from cloud.inventory.sites import Inventory
from cloud.keys import read_command_key
from cloud.leader.plan import LeaderPlan, read_leader_plan
from cloud.notify.recipient import TEAM, team_recipient
from cloud.notify.registry import build_channel
from cloud.people.load import load_people
from cloud.people.people import People
from cloud.reports.plan import ReportPlan, read_report_plan
from cloud.rules.load import Known, load_rules
from cloud.rules.rule_set import RuleSet, RuleSetError
from cloud.sectors.load import load_sectors
from cloud.sectors.plan import SectorPlan
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import CATALOGUE, Catalogue, FileFaultsError, load_catalogue, read_toml

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the files say."""

    config: CentreConfig
    catalogue: Catalogue
    inventory: Inventory
    rules: RuleSet
    key: Ed25519PrivateKey | None
    people: People = field(default_factory=People)
    regulation: Regulation = PROPOSAL
    indices: Indices = field(default_factory=Indices)
    disaster_plan: DisasterPlan = field(default_factory=lambda: read_plan(None))
    sectors: tuple[SectorPlan, ...] = ()
    leader: LeaderPlan = field(default_factory=lambda: read_leader_plan(None))
    report_plan: ReportPlan = field(default_factory=lambda: read_report_plan(None))


def read_settings(path: Path) -> Settings:
    """All of it; ConfigurationError with every fault of every file, one per line."""
    try:
        config = load_config(path)
    except FileFaultsError as error:
        raise ConfigurationError(str(error)) from error
    faults: list[str] = []
    catalogue = _tried(lambda: load_catalogue(CATALOGUE, *config.profile_dirs), faults)
    inventory = _tried(lambda: load_inventory(config.sites_dir), faults)
    key = _tried(lambda: read_command_key(config.data_dir), faults)
    people = _tried(lambda: read_people(config), faults)
    rules = indices = sectors = None
    if catalogue is not None:
        indices = _tried(lambda: load_indices(config.indices_dir, catalogue), faults)
        sectors = _tried(lambda: load_sectors(config.sectors_dir, catalogue.profiles), faults)
        rules = _tried(lambda: read_rules(config, catalogue, people=people, inventory=inventory), faults)
    regulation = _tried(lambda: read_regulation(config, people), faults)
    plan = _tried(lambda: read_plan(config.disaster_plan), faults)
    leader = _tried(lambda: read_leader_plan(config.leader_plan), faults)
    reports = _tried(lambda: read_report_plan(config.reports.plan), faults)
    for login in (config.broker, config.state, *([config.store] if config.store.kind == "influx" else [])):
        _tried(login.name, faults)
        _tried(login.password, faults)
    for channel in config.notify.channels if config.exercise is None else ():  # an exercise opens none, needs no secret
        _tried(partial(build_channel, channel), faults)
    if faults or catalogue is None or inventory is None or rules is None or people is None or regulation is None:
        raise ConfigurationError("\n".join(faults))
    return Settings(
        config, catalogue, inventory, rules, key, people, regulation, indices or Indices(), plan or read_plan(None),
        sectors or (), leader or read_leader_plan(None), reports or read_report_plan(None),
    )  # fmt: skip


def read_regulation(config: CentreConfig, people: People | None) -> Regulation:
    """The configured regulation of incidents; FileFaultsError, also for recipients that do not exist."""
    if config.regulation is None:
        return PROPOSAL
    regulation = read_toml(config.regulation, Regulation)
    known = {each.name for each in config.notify.channels}
    known |= {team_recipient(team) for team in people.teams} if people is not None else set()
    faults = [
        Fault(str(config.regulation), f"tell.{number}.channels", f"there is no {channel}")
        for number, each in enumerate(regulation.tell)
        for channel in each.channels
        if channel not in known and not (people is None and channel.startswith(TEAM))
    ]
    if faults:
        raise FileFaultsError(faults)
    return regulation


def read_people(config: CentreConfig) -> People:
    """Everybody in the configured folder; FileFaultsError with every fault of every file."""
    channels = {each.name: each.kind for each in config.notify.channels}
    people = load_people(config.people_dir, channels=channels) if config.people_dir is not None else People()
    faults = [
        Fault("centre.toml", "notify.platform_teams", f"{team!r} is no team", did_you_mean(team, sorted(people.teams)))
        for team in config.notify.platform_teams
        if team not in people.teams
    ]
    if faults:
        raise FileFaultsError(faults)
    return people


def read_rules(
    config: CentreConfig, catalogue: Catalogue, *, people: People | None, inventory: Inventory | None
) -> RuleSet:
    """The rule set of the configured folder; RuleSetError with every fault of every file.

    Without people, teams cannot be checked; without an inventory, no rule can take its numbers from the sites.
    """
    if config.rules_dir is None:
        return RuleSet()
    if not config.rules_dir.is_dir():
        raise ConfigurationError(f"{config.rules_dir}: is not a folder")
    channels = [channel.name for channel in config.notify.channels]
    teams = None if people is None else people.teams
    return load_rules(config.rules_dir, catalogue, channels=channels, teams=teams, inventory=inventory)


def read_rules_anew(config: CentreConfig, catalogue: Catalogue, inventory: Inventory) -> RuleSet:
    """The same, with the people as their files say now."""
    try:
        people = read_people(config)
    except FileFaultsError as error:
        raise RuleSetError(error.faults) from error
    return read_rules(config, catalogue, people=people, inventory=inventory)


def known_to_rules(config: CentreConfig, catalogue: Catalogue, inventory: Inventory) -> Known:
    """What a rule may name now; teams cannot be checked while their files are wrong."""
    try:
        teams: Collection[str] | None = read_people(config).teams
    except FileFaultsError:
        teams = None
    return Known(catalogue, [channel.name for channel in config.notify.channels], teams, inventory)


def _tried(read: Callable[[], T], faults: list[str]) -> T | None:
    try:
        return read()
    except (FileFaultsError, ConfigurationError) as error:
        faults.append(str(error))
        return None
