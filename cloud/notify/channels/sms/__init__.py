"""Notices as text messages through an SMS gateway."""
