"""The app: the routes in their order, the shield around them, and the files that a phone keeps."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from edge_agent.page import checks, devices, entry, finish, join, status, values
from edge_agent.page.cabinet import Cabinet
from edge_agent.page.door import add_faults
from edge_agent.page.render import HERE
from edge_agent.page.shield import Shield


def create_page(cabinet: Cabinet) -> Shield:
    """The page of one gateway as an application; the shield is outermost, so that failures wear it too."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.cabinet = cabinet
    for room in (entry, status, join, devices, values, checks, finish):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    add_faults(app)
    return Shield(app)
