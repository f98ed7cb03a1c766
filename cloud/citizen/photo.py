"""A stranger's photo made anew: pixels alone, without place, time, device or anything hidden behind them."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from cloud.errors import CloudError

LONGEST_SIDE: Final = 1600
MOST_PIXELS: Final = 50_000_000  # a phone's largest photo; beyond it a small file may unpack to gigabytes
QUALITY: Final = 82


class PhotoError(CloudError):
    """The content is no picture that can be taken."""


def made_anew(content: bytes) -> bytes:
    """The picture as a fresh JPEG file, upright and at most so large; PhotoError. Takes a core: off the event loop."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PhotoError("the picture has too many pixels")
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            whole = upright.convert("RGBA")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PhotoError("the picture cannot be opened") from error
    sheet = Image.new("RGB", whole.size, "white")  # a new picture has none of the old one's properties
    sheet.paste(whole, mask=whole.getchannel("A"))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
