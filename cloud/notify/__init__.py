"""Notices: what the centre sends to people and programs when an alarm changes."""
