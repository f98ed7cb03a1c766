"""Tests of the operations centre."""
