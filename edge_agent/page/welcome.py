"""What the centre told this gateway when it joined: its place, and the devices that are expected there."""

from __future__ import annotations

from typing import Final

import msgspec

from device_profiles.wire.claims import Welcome
from edge_agent.page.cabinet import Cabinet

FILE: Final = "identity/welcome.json"


def welcome_at(cabinet: Cabinet) -> Welcome | None:
    """The welcome; None while the gateway has not joined."""
    try:
        return msgspec.json.decode((cabinet.data_dir / FILE).read_bytes(), type=Welcome)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
