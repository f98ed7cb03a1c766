"""Tests of desired configurations and roll-outs."""
