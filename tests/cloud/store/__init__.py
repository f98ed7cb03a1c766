"""Tests of the centre's memory: contract suites over every adapter, and the line protocol."""
