"""Tests of cloud/people."""
