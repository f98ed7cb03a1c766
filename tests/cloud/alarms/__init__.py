"""Tests of cloud/alarms."""
