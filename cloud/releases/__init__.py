"""Releases of the gateway program: made and signed elsewhere, kept and handed out here."""
