"""Reads devices that answer JSON over HTTP, and takes in what devices push."""
