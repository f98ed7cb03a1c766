"""Tests of cloud/disaster."""
