"""Tests of cloud/indices."""
