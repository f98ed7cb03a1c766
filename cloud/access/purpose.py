"""What somebody may want personal data for: asked before they are shown, and written down beside who looked; pure."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """One reason to look at what tells of a person; the words stand in `[purpose]` of the translations."""

    HANDLE = "handle"  # the work on the incident itself
    ASK_BACK = "ask_back"  # to call whoever reported it
    HAND_ON = "hand_on"  # to give it to the authority that is in charge
    INSPECT = "inspect"  # an inspection or a complaint about the handling
