"""Tests of the roll-ups: the log of touched hours, the worker, and answers that equal those of raw readings."""
