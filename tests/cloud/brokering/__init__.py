"""Tests of the broker as the centre governs it."""
