"""Tests of cloud/incidents."""
