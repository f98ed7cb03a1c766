"""Tests of the picture judges."""
