"""Tests of the province in a box."""
