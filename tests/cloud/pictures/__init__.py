"""Tests of cloud/pictures."""
