"""Makes the database where it is missing, in each generation's own way."""

from __future__ import annotations

import asyncio
import logging

from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.bucket import Bucket
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.dbrp_create import DBRPCreate
from influxdb_client.rest import ApiException
from influxdb_client.service.dbr_ps_service import DBRPsService
from urllib3.exceptions import HTTPError

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.store.influx_door import InfluxDoor, InfluxSettings
from cloud.store.influx_server import ADMINISTRATION, Server, reason_in

log = logging.getLogger(__name__)
FIRST_POLICY = "raw"


async def provide_database(door: InfluxDoor, settings: InfluxSettings, server: Server) -> None:
    """Creates database and retention; leaves alone what is there, whoever made it."""
    generation = settings.generation or server.generation
    administration = ADMINISTRATION[generation]
    if administration == "influxql":
        await _by_influxql(door, settings)
    elif administration == "buckets":
        await asyncio.to_thread(_by_buckets, settings)
    else:
        await _by_configure(door, settings)


async def _by_influxql(door: InfluxDoor, settings: InfluxSettings) -> None:
    database, policy = quoted(settings.database), quoted(settings.retention_policy or FIRST_POLICY)
    kept = f"DURATION {settings.retention_days}d" if settings.retention_days else "DURATION INF"
    if settings.database not in await _column(door, "SHOW DATABASES", "name"):
        log.info("database created", extra={"database": settings.database, "retention_days": settings.retention_days})
        await door.query(f"CREATE DATABASE {database} WITH {kept} REPLICATION 1 NAME {policy}", method="POST")
    elif settings.retention_policy:
        policies = await _column(door, f"SHOW RETENTION POLICIES ON {database}", "name")
        if settings.retention_policy not in policies:
            await door.query(f"CREATE RETENTION POLICY {policy} ON {database} {kept} REPLICATION 1", method="POST")


async def _column(door: InfluxDoor, statement: str, name: str) -> list[object]:
    series = await door.query(statement)
    return [row[each["columns"].index(name)] for each in series for row in each.get("values", ())]


async def _by_configure(door: InfluxDoor, settings: InfluxSettings) -> None:
    """3 Core would make it with the first write, but without retention."""
    wanted: dict[str, object] = {"db": settings.database}
    if settings.retention_days:
        wanted["retention_period"] = f"{settings.retention_days}d"
    status, reason = await door.request("POST", "/api/v3/configure/database", wanted)
    if status in (401, 403):
        raise StoreMisconfiguredError(f"InfluxDB answers {status}: {reason}")
    if status >= 500:
        raise StoreUnavailableError(f"InfluxDB answers {status}: {reason}")
    # 409 and some 400: it is there already; a name that cannot be is told by the first write


def _by_buckets(settings: InfluxSettings) -> None:
    """2.x knows a database only as a mapping (DBRP) to a bucket; both are made with its own client."""
    timeout_ms = int(settings.timeout_s * 1000)
    try:
        with InfluxDBClient(settings.url, settings.password, org=settings.organisation, timeout=timeout_ms) as client:
            bucket = client.buckets_api().find_bucket_by_name(settings.database) or _make_bucket(client, settings)
            _map(client, settings, bucket)
            client.api_client.rest_client.pool_manager.clear()  # its own `close` leaves the connections open
    except ApiException as error:
        kind = StoreMisconfiguredError if error.status in (400, 401, 403, 404) else StoreUnavailableError
        raise kind(f"InfluxDB answers {error.status}: {reason_in(error.body or b'')}") from error
    except (HTTPError, InfluxDBError) as error:
        raise StoreUnavailableError(f"{settings.url} cannot be reached: {error}") from error


def _map(client: InfluxDBClient, settings: InfluxSettings, bucket: Bucket) -> None:
    """The database's mapping where the server has none: it maps a bucket by its name itself (seen on 2.7.12), a
    retention policy never."""
    mappings = DBRPsService(client.api_client)
    found = mappings.get_dbr_ps(org_id=bucket.org_id, bucket_id=bucket.id, db=settings.database).content or []
    if any(each.retention_policy == settings.retention_policy or not settings.retention_policy for each in found):
        return
    wanted = DBRPCreate(
        org_id=bucket.org_id,
        bucket_id=bucket.id,
        database=settings.database,
        retention_policy=settings.retention_policy or FIRST_POLICY,
        default=not any(each.default and not each.virtual for each in found),
    )
    mappings.post_dbrp(wanted)
    log.info("database mapped to its bucket", extra={"database": settings.database})


def _make_bucket(client: InfluxDBClient, settings: InfluxSettings) -> Bucket:
    seconds = settings.retention_days * 86_400  # 0 keeps for ever
    rules = [BucketRetentionRules(type="expire", every_seconds=seconds)] if seconds else []
    log.info("bucket created", extra={"bucket": settings.database, "retention_days": settings.retention_days})
    return client.buckets_api().create_bucket(
        bucket_name=settings.database, retention_rules=rules, org=settings.organisation
    )


def quoted(name: str) -> str:
    """A name in InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
