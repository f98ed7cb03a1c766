"""Incidents: what people work on, from the first alarm to the closed file."""
