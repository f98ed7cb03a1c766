"""Notices as CAP 1.2 messages in a folder, with a feed."""
