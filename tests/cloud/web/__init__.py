"""Tests of cloud/web."""
