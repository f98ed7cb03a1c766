"""What can go wrong with a demonstration."""

from __future__ import annotations


class DemoError(Exception):
    """The demonstration cannot go on; the text says why, in a sentence for people."""
