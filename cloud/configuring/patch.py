"""Changes many configurations alike: a merge of tables, with devices by id or by profile. Pure.

```
[outbox]                              merged into the table of that name
max_days = 60
[devices.cam-01.connection]           into the device with this id, where a gateway has it
timeout_s = 8
[profiles.river_gauge_radar]          into every device of this model
period_s = 60
```

`"-"` as a value takes the key away (TOML knows no null).
"""

from __future__ import annotations

from collections.abc import Mapping

GONE = "-"
TABLES = ("gateway", "broker", "outbox", "listen")
KNOWN = (*TABLES, "devices", "profiles", "release")
Table = Mapping[str, object]


def patched(settings: Table, patch: Table) -> dict[str, object]:
    """The settings with the patch in them; devices that a gateway does not have are left out."""
    result = {key: value for key, value in settings.items() if key != "devices"}
    result = _merged(result, {key: value for key, value in patch.items() if key in (*TABLES, "release")})
    found = settings.get("devices")
    if isinstance(found, list):
        result["devices"] = [_device(each, patch) for each in found if not _is_gone(each, patch)]
    return result


def unknown_keys(patch: Table) -> list[str]:
    """What no configuration has."""
    return sorted(set(patch) - set(KNOWN))


def _device(device: object, patch: Table) -> object:
    if not isinstance(device, Mapping):
        return device
    for table, name in (("profiles", device.get("profile")), ("devices", device.get("id"))):
        changes = patch.get(table)
        mine = changes.get(name) if isinstance(changes, Mapping) else None
        if isinstance(mine, Mapping):
            device = _merged(device, mine)
    return device


def _is_gone(device: object, patch: Table) -> bool:
    changes = patch.get("devices")
    return isinstance(device, Mapping) and isinstance(changes, Mapping) and changes.get(device.get("id")) == GONE


def _merged(table: Table, changes: Table) -> dict[str, object]:
    """JSON merge patch (RFC 7396), with our word for null."""
    result = dict(table)
    for key, value in changes.items():
        before = result.get(key)
        if value == GONE:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            result[key] = _merged(before if isinstance(before, Mapping) else {}, value)
        else:
            result[key] = value
    return result
