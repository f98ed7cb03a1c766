"""What this room makes of recorded answers: {"1.3.6.1...": value, "rows": {"uplink": 2}, "before": {...}}; pure.

Values are as in `answers.recorded`. `rows` are what a device's connection would say; `before` holds the answers of
the poll before, for rates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.snmp.answers import recorded
from edge_agent.connectors.snmp.plan import Plan, plan
from edge_agent.connectors.snmp.readout import Told, read_out


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point once; what was not recorded is what the device does not have."""
    told = raw if isinstance(raw, Mapping) else {}
    rows, before = told.get("rows"), told.get("before")
    asked = plan(profile, dict(rows) if isinstance(rows, Mapping) else {})
    return read_out(device, asked, _told(asked, told), _told(asked, before) if isinstance(before, Mapping) else None)


def _told(asked: Plan, answers: Mapping[str, object]) -> Told:
    values = {oid: recorded(answers.get(oid)) for oid in asked.values}
    columns = {
        column: [recorded(raw) for oid, raw in answers.items() if oid.startswith(f"{column}.")]
        for column in asked.columns
    }
    return Told(values, columns)
