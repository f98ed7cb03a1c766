"""Tests of the stories: what was measured comes out, and so do the alarms."""
