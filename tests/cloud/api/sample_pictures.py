"""Pictures as a gateway would answer them: a river under a bridge, grey, with a mask burnt in."""

from __future__ import annotations

import base64
import io
import json
import math

from PIL import Image, ImageDraw

from cloud.api.views import Order

WIDTH, HEIGHT = 320, 180


def answer(order: Order, now: int) -> str:
    """The detail of a `snapshot` that was done."""
    picture = base64.b64encode(jpeg(f"{order.gateway}/{order.device}", now)).decode()
    said = {"at": now, "kind": "image/jpeg", "picture": picture, "purpose": "Giám sát đê", "keep_h": 24.0}
    return json.dumps(said)


def jpeg(name: str, at: int) -> bytes:
    """Hills, water that moves, a bridge, a mask."""
    image = Image.new("L", (WIDTH, HEIGHT), 196)
    draw = ImageDraw.Draw(image)
    seed = sum(name.encode())
    for ridge, shade in ((70, 150), (88, 120), (104, 92)):
        tops = [(x, ridge + 14 * math.sin(x / 31 + seed + ridge)) for x in range(0, WIDTH + 1, 8)]
        draw.polygon([(0, HEIGHT), *tops, (WIDTH, HEIGHT)], fill=shade)
    draw.rectangle((0, 120, WIDTH, HEIGHT), fill=134)
    for wave in range(12):
        y, left = 124 + wave * 5, (seed * 7 + wave * 53 + at // 200) % WIDTH
        draw.line((left, y, left + 40, y + 1), fill=160 + wave * 3, width=1)
    draw.rectangle((0, 106, WIDTH, 112), fill=66)
    for pier in range(30, WIDTH, 80):
        draw.rectangle((pier, 112, pier + 7, 150), fill=58)
    draw.rectangle((0, 140, 62, HEIGHT), fill=0)
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=80)
    return packed.getvalue()
