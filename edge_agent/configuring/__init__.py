"""Configurations: what would change, what is tried, what is kept when it fails, and where it lies on disk."""
