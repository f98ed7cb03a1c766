"""Tests of edge_agent/doctor."""
