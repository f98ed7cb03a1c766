"""Tests of the API, over a centre whose outside world is a double and whose state is a real database."""
