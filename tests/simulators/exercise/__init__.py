"""Tests of simulators/exercise."""
