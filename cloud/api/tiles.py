"""Tiles under the map: the province's own PMTiles file, and each tile of it for browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from cloud.api.audit import write_audit
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.problems import ProblemError
from cloud.atlas.tile_shelf import MAX_BYTES, Arrival, KeptTiles
from cloud.atlas.tiles import HIGHEST_ZOOM, Sheet, TilesError

router = APIRouter(prefix="/api/v1/map/tiles", tags=["map"])
PIECE: Final = 1 << 20  # bytes that are written at once
A_WEEK: Final = "private, max-age=604800, immutable"
BODY = {
    "requestBody": {
        "required": True,
        "description": f"A PMTiles file, version 3, of PNG, JPEG, WebP, AVIF or MVT tiles; at most {MAX_BYTES} bytes.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Zoom = Annotated[int, Path(ge=0, le=HIGHEST_ZOOM)]
Place = Annotated[int, Path(ge=0, lt=1 << HIGHEST_ZOOM)]


@dataclass(frozen=True, slots=True)
class TilesView:
    """The tiles that lie under the map; `kind` is raster or vector, "" = there are none. Degrees in WGS 84.

    `bounds`: west, south, east, north. `digest` is the SHA-256 of the file.
    """

    kind: str = ""
    digest: str = ""
    min_zoom: int = 0
    max_zoom: int = 0
    bounds: Sequence[float] = ()
    attribution: str = ""
    size: int = 0
    by: str = ""
    at: int | None = None


@router.get("", summary="Which tiles lie under the map")
async def get_tiles(centre: CentreDep) -> TilesView:
    """What the file of the province says of itself."""
    return tiles_view(await asyncio.to_thread(centre.settings.atlas.tiles.tiles))


@router.put("", summary="Upload the province's own tiles", openapi_extra=BODY)
async def put_tiles(request: Request, centre: CentreDep, identity: IdentityDep) -> TilesView:
    """A PMTiles file takes the place of the drawing after it was checked; 422 says what is wrong with it."""
    shelf = centre.settings.atlas.tiles
    length = request.headers.get("content-length", "")
    async with request.app.state.uploads:
        try:
            with await asyncio.to_thread(shelf.taking, int(length) if length.isdecimal() else 0) as arrival:
                await _receive(request, arrival)
                arrived = await asyncio.to_thread(arrival.look)
                _check_place(centre, arrived.sheet)
                kept = await asyncio.to_thread(shelf.put, arrival, by=identity.name, at=centre.clock.now_ms())
        except TilesError as error:
            raise ProblemError(422, "tiles", str(error)) from error
    view = tiles_view(kept)
    await write_audit(centre, actor=identity.name, action="tiles_upload", target=view.digest, detail=view.kind)
    return view


@router.delete("", summary="Go back to the drawing without tiles")
async def delete_tiles(centre: CentreDep, identity: IdentityDep) -> TilesView:
    """The uploaded tiles are gone."""
    before = tiles_view(await asyncio.to_thread(centre.settings.atlas.tiles.tiles))
    await asyncio.to_thread(centre.settings.atlas.tiles.forget)
    await write_audit(centre, actor=identity.name, action="tiles_remove", target=before.digest)
    return TilesView()


@router.get(
    "/{zoom}/{column}/{row}",
    summary="One tile",
    response_class=Response,
    responses={
        200: {"content": {"image/*": {}}},
        204: {"description": "There is no such tile."},
        304: {"description": "The tile is as it was: its `ETag` came as `If-None-Match`."},
    },
)
async def get_tile(
    zoom: Zoom,
    column: Place,
    row: Place,
    centre: CentreDep,
    request: Request,
    v: Annotated[str, Query(max_length=64, description="The digest: then browsers keep the tile.")] = "",
) -> Response:
    """As it lies in the file, whose digest is its `ETag`; 204 where the file has none."""
    kept = await asyncio.to_thread(centre.settings.atlas.tiles.tiles)
    try:
        content = await asyncio.to_thread(kept.map.tile, zoom, column, row) if kept else None
    except (TilesError, OSError) as error:
        raise ProblemError(503, "tiles", f"The map's tiles are spoiled, upload them again: {error}") from error
    lasting = kept is not None and v == kept.about.digest
    headers = {"Cache-Control": A_WEEK if lasting else "private, no-cache"}
    if kept is None or content is None:
        return Response(status_code=204, headers=headers)
    headers["ETag"] = f'"{kept.about.digest}"'
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if kept.map.sheet.zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=kept.map.sheet.media_type, headers=headers)


def tiles_view(kept: KeptTiles | None) -> TilesView:
    """The tiles without their content."""
    if kept is None:
        return TilesView()
    sheet = kept.map.sheet
    return TilesView(
        kind=sheet.kind.value,
        digest=kept.about.digest,
        min_zoom=sheet.min_zoom,
        max_zoom=sheet.max_zoom,
        bounds=(sheet.west, sheet.south, sheet.east, sheet.north),
        attribution=sheet.attribution,
        size=kept.map.size,
        by=kept.about.by,
        at=kept.about.at,
    )


async def _receive(request: Request, arrival: Arrival) -> None:
    """Writes what comes, a piece at a time: such a file does not fit into memory."""
    piece = bytearray()
    async for part in request.stream():
        piece += part
        if len(piece) >= PIECE:
            await asyncio.to_thread(arrival.write, bytes(piece))
            piece.clear()
    await asyncio.to_thread(arrival.write, bytes(piece))


def _check_place(centre: Centre, sheet: Sheet) -> None:
    """TilesError when it can be of no use here; a centre without sites cannot know."""
    sites = centre.sites()
    if sites and not any(sheet.holds(site.lat, site.lon) for site in sites):
        raise TilesError("none of the centre's sites lies on it: is it of another province?")
