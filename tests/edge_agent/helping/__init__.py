"""Tests of edge_agent/helping."""
