"""Notices as JSON documents posted to a program."""
