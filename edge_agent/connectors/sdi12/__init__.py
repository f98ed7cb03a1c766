"""Reads SDI-12 sensors over a serial line."""
