"""Tests of cloud/reports."""
