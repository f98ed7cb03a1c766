"""Indices: points that the centre derives from other points."""
