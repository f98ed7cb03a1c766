"""The text of the label inside the cabinet: where the page is and which code opens it."""

from __future__ import annotations

import socket

from device_profiles.wire.claims import PAGE_HOST


def label_text() -> str:
    """Three lines with `{code}` where the code belongs."""
    name = socket.gethostname().translate(str.maketrans("{}", "()"))
    return f"THACBA  {name}\nhttp://{PAGE_HOST}/\nMã / code: {{code}}\n"
