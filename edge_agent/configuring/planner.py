"""From tables to a plan: the file, a configuration laid over it, and what joining brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from device_profiles.explain import Fault
from device_profiles.load import Catalogue, FileFaultsError, build, parse_table, read_text
from device_profiles.wire import Settings
from edge_agent.config import GatewayConfig, anchored
from edge_agent.configuring.errors import ConfigurationError
from edge_agent.configuring.merging import Table, merged, with_secrets
from edge_agent.configuring.store import ConfigurationStore, Kept
from edge_agent.configuring.versions import FILE, Label, Versions
from edge_agent.planning import Plan, plan_for
from edge_agent.uplink.link import Credential


@dataclass(frozen=True, slots=True)
class Membership:
    """What joining brought: name, broker and centre's key for the tables, and the certificate for the link."""

    joined: Callable[[GatewayConfig], GatewayConfig] = lambda config: config
    credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """The tables of a gateway.toml, and the folder that paths in it are relative to. `name` is how faults call it."""

    table: Table
    folder: Path
    name: str
    is_file: bool = False
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class Bases:
    """What there is to begin with, the best first, and what is wrong with the file as such."""

    found: tuple[Base, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What the gateway runs, and what was wrong with everything that it would rather have run."""

    plan: Plan
    label: Label
    kept: Kept | None
    faults: tuple[Fault, ...] = ()


class Planner:
    """Knows the tables to lay configurations over, the best first; asks each time what joining has brought by now."""

    def __init__(
        self, bases: Bases, *, catalogue: Catalogue, store: ConfigurationStore, membership: Callable[[], Membership]
    ) -> None:
        self.catalogue = catalogue
        self._bases = bases
        self._base = bases.found[0]
        self._is_whole = False
        self._store = store
        self._membership = membership

    def plan(self, kept: Kept | None, *, base: Base | None = None, linked: bool = True) -> Plan:
        """What the gateway is with this configuration; FileFaultsError or ConfigurationError when it cannot be.

        Without being `linked` it only reads and keeps: the last resort when nothing about its link can be used.
        """
        settings, files = Settings(), {}
        if kept is not None:
            settings, files = kept.configuration.settings, self._store.secret_files(kept)
        chosen, member = base or self._base, self._membership() if linked else Membership(_unlinked)
        table = with_secrets(merged(chosen.table, settings), files)
        name = chosen.name if kept is None else f"configuration {kept.configuration.version}"
        config = member.joined(anchored(build(table, GatewayConfig, file=name), chosen.folder))
        return plan_for(config, self.catalogue, file=name, credential=member.credential)

    def remember(self) -> None:
        """Keeps the file that the agent goes by, so that it can be used when somebody has spoiled it."""
        if self._base.is_file and self._is_whole:
            self._store.keep_file(self._base.table, self._base.folder)

    def tables(self, kept: Kept | None) -> Table:
        """The tables of this configuration over those that the agent began with."""
        return merged(self._base.table, kept.configuration.settings if kept else Settings())

    def choose(self, versions: Versions) -> Choice:
        """The first that can be: what shall run, else what was good, on the file, else on the last good file."""
        faults = [*self._bases.faults]
        for base, label, linked in _candidates(versions, self._bases.found):
            try:
                kept = self._store.kept(label)
                plan = self.plan(kept, base=base, linked=linked)
            except FileFaultsError as error:
                faults += [fault for fault in error.faults if fault not in faults]
            except ConfigurationError as error:
                faults.append(Fault(f"configuration {label.version}", "", str(error)))
            else:
                if base.is_empty and linked and plan.link is None:
                    continue  # what is known without a link goes before a box that knows nothing
                self._base, self._is_whole = base, linked
                return Choice(plan, label, kept, tuple(faults))
        raise FileFaultsError(faults)


def _candidates(versions: Versions, bases: tuple[Base, ...]) -> Iterator[tuple[Base, Label, bool]]:
    labels = dict.fromkeys([versions.runs, versions.good, versions.former or FILE, FILE])
    return ((base, label, linked) for linked in (True, False) for base in bases for label in labels)


def _unlinked(config: GatewayConfig) -> GatewayConfig:
    return config.model_copy(update={"broker": None})


def bases_for(file: Path, store: ConfigurationStore, data_dir: Path) -> Bases:
    """The file as it is, the last good one, and an empty box; and what is wrong with the file as such."""
    found: list[Base] = []
    faults: tuple[Fault, ...] = ()
    last = store.file()
    if file.exists():
        try:
            table = with_data_dir(parse_table(read_text(file), file=str(file)), data_dir)
            found.append(Base(table, file.resolve().parent, str(file), is_file=True))
        except FileFaultsError as error:
            faults = tuple(error.faults)
    elif last is not None:
        faults = (Fault(str(file), "", "is gone", "the last good one counts until it is back"),)
    if last is not None:
        found.append(Base(with_data_dir(last.table, data_dir), Path(last.folder), "the last good gateway.toml"))
    empty = {"gateway": {"data_dir": str(data_dir)}}
    found.append(Base(empty, file.resolve().parent, "an empty box", is_empty=True))
    return Bases(tuple(found), faults)


def with_data_dir(table: Table, data_dir: Path) -> Table:
    """The tables of a gateway whose data lie here, whatever they say: that was decided before."""
    gateway = table.get("gateway", {})
    return {**table, "gateway": {**gateway, "data_dir": str(data_dir)}} if isinstance(gateway, dict) else table
