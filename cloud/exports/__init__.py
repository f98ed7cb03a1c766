"""Readings of long stretches of time as files that are written while they travel."""
