"""Tests of cloud/rules."""
