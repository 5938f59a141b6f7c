# SPDX-License-Identifier: BSD-3-Clause
"""Reads the rest of the cluster's face off its pixels: message, gauges, clock, outside temperature, distances, theme and unit.

As clusterpix: pictures are numpy arrays, geometry is that of guests/cluster/layout.c. Words are told from each other by the type's
own shapes; a candidate that is not on the picture to the pixel scores far below one that is.
"""
import functools
import math
import os
import re

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from clusterpix import FONT_BOLD, TOP, layout_of

FONT_REGULAR = "/usr/share/fonts/opentype/b612/B612-Regular.otf"
FINE = 8  # glyphs are drawn so much larger, then made small: what hinting does vanishes
VALUE, LABEL, STATUS, MESSAGE = (22, False), (17, False), (26, False), (26, True)  # guests/cluster/tools/mkassets.c
ALIKE = 0.75
GROUND = {"day": (0x10, 0x18, 0x22), "night": (0x05, 0x07, 0x0A)}  # guests/cluster/palette.c
NONE = "none"


def messages():
    """{name: text} of the driver's messages, of guests/cluster/message.c."""
    with open(os.path.join(TOP, "guests", "cluster", "message.c"), encoding="ascii") as f:
        return {name: text for name, text in re.findall(r'\[MESSAGE_(\w+)\] =\s*\{"([^"]+)"', f.read())}


@functools.lru_cache(maxsize=None)
def _glyph(c, size, bold, scale):
    """(coverage with the pen at column 4 and the base line below row `up`, advance, up) of one character."""
    pixels = (size * scale + 128) // 256
    font = ImageFont.truetype(FONT_BOLD if bold else FONT_REGULAR, pixels * FINE)
    up, down, width = pixels + 2, pixels // 4, 2 * pixels + 8
    image = Image.new("L", (width * FINE, (up + down) * FINE))
    ImageDraw.Draw(image).text((4 * FINE, up * FINE), c, font=font, fill=255, anchor="ls")
    small = np.asarray(image.resize((width, up + down), Image.Resampling.BOX), dtype=float) / 255
    return small, int(font.getlength(c) / FINE + 0.5), up


def _cap(size, bold, scale):
    """How far a zero reaches above the base line."""
    pixels = (size * scale + 128) // 256
    font = ImageFont.truetype(FONT_BOLD if bold else FONT_REGULAR, pixels * FINE)
    return math.ceil(-font.getbbox("0", anchor="ls")[1] / FINE)


def _width(text, font, scale):
    return sum(_glyph(c, *font, scale)[1] for c in text)


def _ink(picture, x0, x1, y0, y1):
    """0 to 1: the ground there and its lightest pixel."""
    area = picture[max(y0, 0):y1, max(x0, 0):x1].astype(float).min(axis=2)
    ground, peak = np.median(area), area.max()
    return np.zeros_like(area) if peak - ground < 60 else np.clip((area - ground) / (peak - ground), 0, 1)


def _likeness(picture, text, x, base, font, scale):
    """How much the pixels are this text with the pen at x: 1 to the pixel, 0 nothing alike."""
    up = _glyph("0", *font, scale)[2]
    width = _width(text, font, scale)
    want = np.zeros((_glyph("0", *font, scale)[0].shape[0], width + 80))
    pen = 8
    for c in text:
        glyph, advance, _ = _glyph(c, *font, scale)
        want[:, pen - 4:pen - 4 + glyph.shape[1]] = np.maximum(want[:, pen - 4:pen - 4 + glyph.shape[1]], glyph)
        pen += advance
    want = want[:, :width + 16]
    seen = _ink(picture, x - 8, x + width + 8, base - up, base - up + want.shape[0])
    return np.minimum(want, seen).sum() / max(np.maximum(want, seen).sum(), 1)


def _best(picture, candidates, pen, base, font):
    """The text of `candidates` that is there, pen(width) its beginning; None if there is none of them."""
    scale = layout_of(picture).scale
    scores = {text: _likeness(picture, text, pen(_width(text, font, scale)), base, font, scale) for text in candidates}
    text = max(scores, key=scores.get)
    return text if scores[text] >= ALIKE else None


def _line(picture, centre, reach, base, font, chars="0123456789.- kmiAB:"):
    """Text around `centre` of any characters of `chars`, one after the other; None if one is like nothing known."""
    scale = layout_of(picture).scale
    glyph, _, up = _glyph("0", *font, scale)
    ink = _ink(picture, centre - reach, centre + reach, base - up, base - up + glyph.shape[0])
    columns = np.flatnonzero((ink[:up + 2] > 0.3).any(axis=0))  # below, there may be ticks of a gauge
    if len(columns) == 0:
        return ""
    ink = np.pad(ink, ((0, 0), (8, glyph.shape[1] + 8)))
    best, best_score = None, 0.0
    for begin in range(columns[0] - 4, columns[0] + 2):
        pen, text, scores = begin + 8, "", []
        while pen <= columns[-1] + 8:
            score, c, advance = max(_fit(ink, pen, c, font, scale) for c in chars)
            pen, text = pen + advance, text + c
            scores.append(score)
        if min(scores) > best_score:
            best, best_score = text, min(scores)
    return best.strip() if best and best_score >= 0.5 else None


def _fit(ink, pen, c, font, scale):
    glyph, advance, _ = _glyph(c, *font, scale)
    want, seen = glyph[:, 4:4 + advance], ink[:, pen:pen + advance]
    if c == " ":
        return float(seen.sum() < 2.5 * (scale / 256) ** 2), c, advance  # a neighbour may lean over
    return np.minimum(want, seen).sum() / max(np.maximum(want, seen).sum(), 1), c, advance


def read_message(picture):
    """The text of the driver's message; None: there is none; "?": a panel with other words."""
    l = layout_of(picture)
    y = l.centre_y + l.px(660 - 388)
    if picture[y - l.px(18), l.width // 2].max() < 0x40:  # the panel's own colour
        return None
    text = _best(picture, messages().values(), lambda width: l.width // 2 - width // 2, y + _cap(*MESSAGE, l.scale) // 2,
                 MESSAGE)
    return text or "?"


def read_unit(picture):
    l = layout_of(picture)
    return _best(picture, ("km/h", "mph"), lambda width: l.speed_x - width // 2,
                 l.centre_y + _cap(92, True, l.scale) // 2 + l.px(40), LABEL)


def read_odometer(picture):
    """As it is written, with its unit."""
    l = layout_of(picture)
    return _line(picture, l.speed_x, l.px(96), l.centre_y + l.px(137), VALUE)


def read_range(picture):
    l = layout_of(picture)
    return _line(picture, l.speed_x + l.px(18), l.px(46), l.centre_y + l.px(166), VALUE)


def read_trips(picture):
    """("123.4", "4567.8"), dashes where nothing is known."""
    l = layout_of(picture)
    text = _line(picture, l.rpm_x, l.px(116), l.centre_y + l.px(137), VALUE)
    found = re.fullmatch(r"A (\S+) +B (\S+)", text or "")
    return found.groups() if found else None


def read_clock(picture):
    l = layout_of(picture)
    return _line(picture, l.tile_x0 + l.px(55), l.px(55), l.centre_y + l.px(597 - 388) + l.px(26), STATUS, "0123456789:-")


def read_air(picture):
    """Degrees Celsius outside; "none" for dashes."""
    l = layout_of(picture)
    texts = {f"{halves / 2:+.1f} °C": halves / 2 for halves in range(-100, 121)} | {"--.- °C": NONE}
    texts["+0.0 °C"] = 0.0
    base = l.centre_y + l.px(597 - 388) + l.px(26)
    return texts.get(_best(picture, texts, lambda width: l.tile_x1 - l.px(4) - width, base, STATUS))


def sees_ice(picture):
    """The mark of ice: blue that no text has."""
    l = layout_of(picture)
    top = l.centre_y + l.px(597 - 388)
    area = picture[top:top + l.px(34), l.tile_x1 - l.px(170):l.tile_x1].astype(int)
    return bool(((area[..., 2] - area[..., 0]) > 60).sum() > l.px(40))


def _read_gauge(picture, centre_x):
    """0 to 1 by the pointer in the foot of the dial; None if there is none."""
    l = layout_of(picture)
    weight = []
    for i in range(-40, 801):
        angle = math.radians(218 - 76 * i / 760)
        total = 0.0
        for r in (201.5, 202.5):
            r = r * l.scale / 256
            total += float(picture[int(l.centre_y + 0.5 - r * math.cos(angle)), int(centre_x + 0.5 + r * math.sin(angle))].min())
        weight.append(max(0.0, total / 2 - 120))
    weight = np.array(weight)
    if weight.sum() < 60:
        return None
    where = np.flatnonzero(weight)
    return None if where[-1] - where[0] > 60 else (weight * np.arange(len(weight))).sum() / weight.sum() / 760 - 40 / 760


def read_fuel(picture):
    """% by the pointer."""
    part = _read_gauge(picture, layout_of(picture).speed_x)
    return None if part is None else part * 100


def read_coolant(picture):
    """Degrees Celsius by the pointer, which stops at 50 and 130."""
    part = _read_gauge(picture, layout_of(picture).rpm_x)
    return None if part is None else 50 + part * 80


def read_theme(picture):
    """"day" or "night" by the ground at the top; None while the one turns into the other."""
    found = {name for name, ground in GROUND.items() for y in (2, picture.shape[0] - 8)
             if np.abs(picture[y, -4].astype(int) - ground).max() <= 2}
    return found.pop() if len(found) == 1 else None
