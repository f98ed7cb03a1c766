"""Photos made small enough for paper; the only door to Pillow here."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from cloud.errors import CloudError

LONGEST_SIDE: Final = 1200
MOST_PIXELS: Final = 50_000_000  # a phone's largest photo; beyond it a small file may unpack to gigabytes


class PhotoError(CloudError):
    """The file is no picture that can be shown."""


def for_paper(path: Path, *, longest_side: int = LONGEST_SIDE) -> tuple[BytesIO, int, int]:
    """The picture upright and small, on white, with its width and height."""
    try:
        with Image.open(path, formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PhotoError("the picture has too many pixels")
            picture.draft("RGB", (longest_side, longest_side))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((longest_side, longest_side))
            return _on_white(upright)
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PhotoError("the picture cannot be opened") from error


def _on_white(picture: Image.Image) -> tuple[BytesIO, int, int]:
    whole = picture.convert("RGBA")
    sheet = Image.new("RGB", whole.size, "white")
    sheet.paste(whole, mask=whole.getchannel("A"))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=80)
    out.seek(0)
    return out, sheet.width, sheet.height
