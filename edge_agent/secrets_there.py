"""Whether the secrets of the devices can be read now, so that `check` says what `run` would only find out later."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError
from edge_agent.config import GatewayConfig, read_secret
from edge_agent.credentials import CredentialError, Keyed
from edge_agent.device import Connection

CERTIFICATES = ("certificate_file", "key_file", "authorities_file")


def secret_faults(config: GatewayConfig, *, file: str) -> Iterator[Fault]:
    """One fault for every device whose secret is not where the configuration says; never the secret itself."""
    for device in config.devices:
        reason = _missing(device.connection)
        if reason:
            yield Fault(file, f"devices[{device.id}].connection", reason)


def _missing(connection: Connection) -> str:
    """Why the secret of a connection cannot be read; empty when it can, or when there is none."""
    try:
        if isinstance(connection, Keyed):
            connection.key()
            return ""

        said = connection.model_dump()
        for what in [
            name.removesuffix("_file") for name in said if name.endswith("_file") and f"{name[:-5]}_env" in said
        ]:
            secret = read_secret(env=said[f"{what}_env"] or "", file=said[f"{what}_file"])
            if secret is not None and not secret.get_secret_value():
                return f"file {said[f'{what}_file']} holds no {what}"
        return _unreadable(said)
    except CredentialError as error:
        return str(error)
    except FileFaultsError as error:
        return " ".join(f"{fault.file} {fault.key} {fault.reason}".replace("  ", " ") for fault in error.faults)
    return ""


def _unreadable(said: Mapping[str, object]) -> str:
    """Which of the files that TLS needs cannot be read; empty when all can."""
    for name in CERTIFICATES:
        path = said.get(name)
        if isinstance(path, Path) and not os.access(path, os.R_OK):
            return f"{name} {path} cannot be read"
    return ""
