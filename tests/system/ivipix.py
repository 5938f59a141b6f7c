# SPDX-License-Identifier: BSD-3-Clause
"""Reads the IVI's status bar off its pixels: clock and outside temperature. Places and sizes are those of ivi-demo/common.c."""
import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from clusterpix import FONT_BOLD
from facepix import FONT_REGULAR

FINE = 8  # text is drawn so much larger, then made small
BAR = (0, 16, 1280, 64)  # left, top, right, bottom
CLOCK_X, CLOCK_BASE, CLOCK_SIZE = 48, 52, 34
AIR_X, AIR_BASE, AIR_SIZE = 1128, 47, 18
ALIKE = 0.6


def _cells(font, text):
    """[(character, where it begins, how wide its cell is)] as figures() of ivi-demo/theme.c sets them: digits in cells of one width."""
    cell, x, out = font.getlength("0"), 0.0, []
    for c in text:
        wide = cell if c.isdigit() else cell / 2
        out.append((c, x + (wide - font.getlength(c)) / 2))
        x += wide
    return out


@functools.lru_cache(maxsize=None)
def _drawn(text, kind):
    """The bar with nothing but this text, 0 to 1."""
    left, top, right, bottom = BAR
    image = Image.new("L", ((right - left) * FINE, (bottom - top) * FINE))
    draw = ImageDraw.Draw(image)
    if kind == "clock":
        font = ImageFont.truetype(FONT_BOLD, CLOCK_SIZE * FINE)
        for c, x in _cells(font, text):
            draw.text((CLOCK_X * FINE + x, (CLOCK_BASE - top) * FINE), c, font=font, fill=255, anchor="ls")
    else:
        font = ImageFont.truetype(FONT_REGULAR, AIR_SIZE * FINE)
        draw.text((AIR_X * FINE, (AIR_BASE - top) * FINE), text, font=font, fill=255, anchor="rs")
    box = image.getbbox()
    box = (box[0] // FINE - 1, box[1] // FINE - 1, box[2] // FINE + 2, box[3] // FINE + 2)
    small = image.resize((right - left, bottom - top), Image.Resampling.BOX).crop(box)
    return np.asarray(small, dtype=float) / 255, box


def _likeness(bar, text, kind):
    want, (x0, y0, x1, y1) = _drawn(text, kind)
    area = bar[y0:y1, x0:x1]
    ground, peak = np.median(area), area.max()
    if peak - ground < 60:
        return 0.0
    seen = np.clip((area - ground) / (peak - ground), 0, 1)
    return np.minimum(want, seen).sum() / max(np.maximum(want, seen).sum(), 1)


def _read(image, texts, kind):
    bar = np.asarray(image.convert("RGB"))[BAR[1]:BAR[3], BAR[0]:BAR[2]].astype(float).min(axis=2)
    scores = {text: _likeness(bar, text, kind) for text in texts}
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
