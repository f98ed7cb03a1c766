"""Tests of cloud/access."""
