"""Which boot of this machine it is: what was read without a clock can be dated only within the same one."""

from __future__ import annotations

import secrets
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # random(4); the monotonic clock counts from the same moment


def boot_id() -> str:
    """The kernel's name of this boot; elsewhere than on Linux each start of the agent counts as one."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_hex(16)
