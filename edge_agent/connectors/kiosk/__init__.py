"""Reads queue kiosks and their satisfaction tablets, and tells them what to show."""
