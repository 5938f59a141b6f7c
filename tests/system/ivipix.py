# SPDX-License-Identifier: BSD-3-Clause
"""Reads the IVI's status bar and its dock off its pixels: clock, outside temperature, the front seats' temperatures. Places and sizes
are those of ivi-demo/common.c."""
import functools
from collections import namedtuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from clusterpix import FONT_BOLD
from facepix import FONT_REGULAR

FINE = 8  # text is drawn so much larger, then made small
ALIKE = 0.6
# area: left, top, right, bottom; x: where the text begins, or with `right` ends; cells: its digits are of one width.
Place = namedtuple("Place", "area font size x base right cells")
PLACES = {
    "clock": Place((0, 16, 320, 64), FONT_BOLD, 34, 48, 52, False, True),
    "air": Place((960, 16, 1280, 64), FONT_REGULAR, 18, 1232, 47, True, False),
    "driver": Place((0, 640, 170, 700), FONT_REGULAR, 30, 48, 678, False, True),
    "passenger": Place((1110, 640, 1280, 700), FONT_REGULAR, 30, 1206, 678, True, True),
}
SEATS = [f"{halves / 2:.1f}" for halves in range(32, 57)]


def _pieces(font, text, cells):
    """[(text, where it begins)], width: as figures() of ivi-demo/theme.c sets them, digits in cells of one width, or as text()."""
    if not cells:
        return [(text, 0)], font.getlength(text)
    cell, x, out = font.getlength("0"), 0.0, []
    for c in text:
        wide = cell if c.isdigit() else cell / 2
        out.append((c, x + (wide - font.getlength(c)) / 2))
        x += wide
    return out, x


@functools.lru_cache(maxsize=None)
def _drawn(text, kind):
    """The place's area with nothing but this text, 0 to 1."""
    place = PLACES[kind]
    left, top, right, bottom = place.area
    image = Image.new("L", ((right - left) * FINE, (bottom - top) * FINE))
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(place.font, place.size * FINE)
    pieces, width = _pieces(font, text, place.cells)
    begin = (place.x - left) * FINE - (width if place.right else 0)
    for piece, x in pieces:
        draw.text((begin + x, (place.base - top) * FINE), piece, font=font, fill=255, anchor="ls")
    box = image.getbbox()
    box = (box[0] // FINE - 1, box[1] // FINE - 1, box[2] // FINE + 2, box[3] // FINE + 2)
    small = image.resize((right - left, bottom - top), Image.Resampling.BOX).crop(box)
    return np.asarray(small, dtype=float) / 255, box


def _likeness(area, text, kind):
    want, (x0, y0, x1, y1) = _drawn(text, kind)
    area = area[y0:y1, x0:x1]
    ground, peak = np.median(area), area.max()
    if peak - ground < 60:
        return 0.0
    seen = np.clip((area - ground) / (peak - ground), 0, 1)
    return np.minimum(want, seen).sum() / max(np.maximum(want, seen).sum(), 1)


def _read(image, texts, kind):
    left, top, right, bottom = PLACES[kind].area
    area = np.asarray(image.convert("RGB"))[top:bottom, left:right].astype(float).min(axis=2)
    scores = {text: _likeness(area, text, kind) for text in texts}
    best = max(scores, key=scores.get)
    return best if scores[best] >= ALIKE else None


def read_clock(image):
    """(hour, minute); None: there is none."""
    text = _read(image, [f"{h}:{m:02}" for h in range(24) for m in range(60)], "clock")
    return text and tuple(int(part) for part in text.split(":"))


def read_air(image):
    """Degrees Celsius outside; None: there are none."""
    text = _read(image, [f"{halves / 2:+.1f} °C" for halves in range(-100, 121)], "air")
    return text and float(text.split()[0])


def read_seats(image):
    """Degrees Celsius kept at the driver's and the passenger's seat; None: nothing is."""
    texts = [_read(image, SEATS, kind) for kind in ("driver", "passenger")]
    return tuple(text and float(text) for text in texts)
