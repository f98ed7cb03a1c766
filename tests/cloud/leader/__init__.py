"""Tests of cloud/leader."""
