"""Releases of the gateway program, as gateways fetch them: signed requests, files in parts."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.responses import FileResponse

from cloud.api.deps import UnknownThingError
from cloud.api.enrolment import GatewayDep
from cloud.api.guard import CentreDep
from cloud.api.pages import Page
from cloud.releases.shelf import Offer

router = APIRouter(prefix="/api/v1/releases", tags=["gateways"])


@router.get("", summary="The releases that there are, newest first")
async def list_releases(centre: CentreDep, gateway: GatewayDep) -> Page[Offer]:
    """For gateways; people see them with `thacba-cloud release list`."""
    return Page(items=list(await asyncio.to_thread(centre.releases.offers)), next=None)


@router.get("/{version}/manifest", summary="The manifest of a release, as it was signed")
async def manifest(version: str, centre: CentreDep, gateway: GatewayDep) -> dict[str, Any]:
    """`body` is the exact text that `signature` (Ed25519, base64) is over."""
    signed = await asyncio.to_thread(centre.releases.manifest, version)
    if signed is None:
        raise UnknownThingError(f"There is no release {version}.")
    document: dict[str, Any] = msgspec.to_builtins(signed)
    return document


@router.get("/{version}/files/{name}", summary="A file of a release, whole or in parts", response_class=FileResponse)
async def file(version: str, name: str, centre: CentreDep, gateway: GatewayDep) -> FileResponse:
    """Understands `Range`, so that a gateway goes on where a bad link left it."""
    path = await asyncio.to_thread(centre.releases.file, version, name)
    if path is None:
        raise UnknownThingError(f"Release {version} has no file {name}.")
    return FileResponse(path, media_type="application/octet-stream")
