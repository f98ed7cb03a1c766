"""Adds the pages to the API's app."""

from __future__ import annotations

from fastapi import FastAPI


def add_pages(app: FastAPI) -> None:
    """Routes of the pages and their static files."""
