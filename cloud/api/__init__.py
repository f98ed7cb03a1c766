"""The REST API of the centre, /api/v1: one file per resource; the web pages and other programs speak to it alone."""
