"""Opens the stores that the configuration names: the only place that knows every adapter of the centre's memory."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from cloud.config import CentreConfig, InfluxStoreConfig
from cloud.store.influx import InfluxSettings, InfluxStore
from cloud.store.influx_roll_ups import InfluxRollUps
from cloud.store.roll_up import RawStore, RollUpStore
from cloud.store.sql import SqlStateStore
from cloud.store.sql_copy import SqlCopy
from cloud.store.sqlite import SqliteStore
from cloud.store.sqlite_roll_ups import SqliteRollUps
from device_profiles.clock import Clock


def open_state(config: CentreConfig) -> SqlStateStore:
    """The state database that the configuration names."""
    return SqlStateStore(_state_url(config), busy_s=config.state.busy_s)


def open_copy(config: CentreConfig) -> SqlCopy:
    """The same database, to be copied as a whole."""
    return SqlCopy(_state_url(config), busy_s=config.state.busy_s)


def embedded_files(config: CentreConfig) -> tuple[Path, ...]:
    """The files of the embedded store of readings; none when a server keeps them."""
    store = config.store
    if isinstance(store, InfluxStoreConfig):
        return ()
    path = store.path or config.data_dir / "readings.sqlite3"
    return (path, path.with_name(f"{path.stem}_roll_ups{path.suffix}"))


def open_readings(config: CentreConfig, clock: Clock) -> tuple[RawStore, RollUpStore]:
    """The stores of readings and of their roll-ups that the configuration names."""
    store = config.store
    if isinstance(store, InfluxStoreConfig):
        secret = store.password()
        settings = InfluxSettings(
            url=store.url,
            database=store.database,
            username=store.name(),
            password=secret.get_secret_value() if secret else "",
            retention_policy=store.retention_policy,
            retention_days=store.retention_days,
            organisation=store.organisation,
            gzip=store.gzip,
            timeout_s=store.timeout_s,
        )
        keep_days = config.roll_ups.keep_days()
        return InfluxStore(settings, clock=clock), InfluxRollUps(settings, keep_days, clock=clock)
    readings, roll_ups = embedded_files(config)
    return SqliteStore(readings), SqliteRollUps(roll_ups)


def _state_url(config: CentreConfig) -> str:
    state = config.state
    if not state.url:
        return f"sqlite:///{config.data_dir / 'centre.sqlite3'}"
    name, secret = state.name(), state.password()
    if not name:
        return state.url
    parts = urlsplit(state.url)
    login = quote(name, safe="") + (f":{quote(secret.get_secret_value(), safe='')}" if secret else "")
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))
