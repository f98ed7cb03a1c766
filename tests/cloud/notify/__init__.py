"""Tests of cloud/notify."""
