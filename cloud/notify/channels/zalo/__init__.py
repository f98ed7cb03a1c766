"""Notices as Zalo ZNS messages of an official account."""
